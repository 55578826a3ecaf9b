internal import NIOHTTP1

/// What an answer means for a notification, as Alertmanager's `Retrier` decides it: 2xx is success, and of the rest 5xx is tried again.
///
/// Beyond that, an answer 429 that says when to come back is tried again then, from every receiver.
struct RetryPolicy: Sendable {
    /// Further statuses that are tried again.
    var retriedStatuses: Set<Int> = []
    /// What the failure shows of an answer; the body where nothing else is said.
    var detail: @Sendable (ReceiverResponse) -> String = { $0.text }

    private static let detailBytesMax = 512

    func check(_ response: ReceiverResponse, now: Int64) throws(DeliveryFailure) {
        let status = response.status
        if status / 100 == 2 { return }
        let retryAfter = response.headers.first(name: "retry-after").flatMap { RetryAfter.milliseconds($0, now: now) }
        let isRetried = status / 100 == 5 || retriedStatuses.contains(status) || (status == 429 && retryAfter != nil)
        var text = "unexpected status code \(status)"
        let detail = Truncation.bytes(detail(response), RetryPolicy.detailBytesMax)
        if !detail.isEmpty { text += ": " + detail }
        throw DeliveryFailure(RetryPolicy.reason(of: status), text, isRetried: isRetried, retryAfter: isRetried ? retryAfter : nil)
    }

    static func reason(of status: Int) -> DeliveryFailure.Reason {
        switch status {
        case 401, 403: .authError
        case 429: .rateLimited
        case 400..<500: .clientError
        case 500..<600: .serverError
        default: .other
        }
    }
}
