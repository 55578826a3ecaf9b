/// How long to wait before a service that ended is started again: twice as long each time, and from the beginning once it has run for a while.
struct RestartPolicy: Sendable {
    static let first = Duration.milliseconds(500)
    static let pauseMax = Duration.seconds(10)
    static let steadyAfter = Duration.seconds(30)
    private var next = RestartPolicy.first

    /// - Parameter ran: how long the service ran.
    mutating func pause(afterRunning ran: Duration) -> Duration {
        if ran >= RestartPolicy.steadyAfter { next = RestartPolicy.first }
        defer { next = min(next * 2, RestartPolicy.pauseMax) }
        return next
    }
}
