internal import ByteCoding
internal import Foundation
internal import TelemetryModel

extension LogsCommand {
    /// Lines that a connection gives from the time before it was made: at the beginning, and where one was lost.
    private static let missedLinesMax = 50_000
    /// Pauses between attempts to connect, in milliseconds; the last one again and again.
    private static let pauses: [Int64] = [250, 500, 1_000, 2_000, 5_000]

    /// Prints lines as they come, until the task is cancelled. A connection that is lost is made again, and no line is lost or doubled by that.
    func follow(_ output: CommandOutput) async throws(ClientError) {
        guard options.format.isForLines else { throw .usage("--output: \(options.format.rawValue) is for numbers, not for lines") }
        let range = try options.times.range(now: surroundings.now())
        var tail = Tail(
            following: LogFollowing(start: Int64(clamping: range.start), limit: options.limit), writer: LogWriter(options, terminal))
        var attempt = 0
        var wasConnected = false
        repeat {
            let end = try await connect(&tail, isFirst: !wasConnected, output) {
                if wasConnected && attempt > 0 { output.remark("\(client.baseURL) answers again") }
                wasConnected = true
                attempt = 0
            }
            switch end {
            case .canceled: return
            case .closed(let code, let reason):
                if attempt == 0 {
                    output.remark("the server ended the connection\(reason.isEmpty ? code.map { " (\($0))" } ?? "" : ": " + reason)")
                }
            case .lost(let reason): if attempt == 0 { output.remark(reason + "; trying again") }
            }
            tail.following.reconnected()
            attempt += 1
        } while await surroundings.sleep(LogsCommand.pauses[min(attempt, LogsCommand.pauses.count) - 1])
    }

    private struct Tail {
        var following: LogFollowing
        var writer: LogWriter
    }

    /// Makes one connection and prints what comes over it.
    ///
    /// - Throws: where nothing is gained by trying again: the query is wrong, or the first attempt failed.
    private func connect(
        _ tail: inout Tail, isFirst: Bool, _ output: CommandOutput, connected: () -> Void
    ) async throws(ClientError) -> TailConnection.End {
        let path = "/loki/api/v1/tail"
        let limit = isFirst ? options.limit : LogsCommand.missedLinesMax
        var query = URLComponents()
        query.queryItems = [
            .init(name: "query", value: options.query), .init(name: "start", value: String(tail.following.nextStart)),
            .init(name: "limit", value: String(limit)), .init(name: "delay_for", value: String(options.delaySeconds)),
        ]
        let target = path + "?" + (query.percentEncodedQuery ?? "").replacing("+", with: "%2B")
        let flags = PerchClient.categorizesLabels
        guard let connection = TailConnection(base: client.baseURL, target: target, headers: [(flags.name, flags.value)]) else {
            throw .usage("--url: “\(client.baseURL)” is no http or https URL")
        }
        var current = tail
        defer { tail = current }
        var received = 0
        var isTold = false
        do {
            return try await connection.run(connected: connected) { (message) throws(ClientError) in
                received += try print(message, &current, output)
                if !isFirst && received >= limit && !isTold {
                    output.remark("\(grouped(limit)) lines or more came meanwhile; some may not be shown")
                    isTold = true
                }
            }
        } catch let refusal as TailConnection.Refusal {
            let response = refusal.response
            // A server that is starting, or too busy, is asked again.
            if !isFirst && response.status >= 429 && response.status != 501 {
                return .lost("\(client.baseURL) answered \(response.status)")
            }
            try refuseTail(response, path)
            return .lost("\(client.baseURL) answered \(response.status)")
        } catch let error as ClientError {
            if isFirst { throw error }
            return .lost(error.message)
        } catch {
            if isFirst { throw ClientError(PerchClient.reason(error)) }
            return .lost(PerchClient.reason(error))
        }
    }

    private func refuseTail(_ response: PerchClient.Response, _ path: String) throws(ClientError) {
        if response.status == 200 { throw ClientError("\(client.baseURL)\(path) does not speak WebSocket") }
        try client.refuseLogs(response, path: path, query: options.query)
    }

    /// - Returns: how many lines the message has.
    private func print(_ message: [UInt8], _ tail: inout Tail, _ output: CommandOutput) throws(ClientError) -> Int {
        let streams: LogStreams
        do throws(JSONError) { streams = try LogStreams(json: message) } catch {
            throw ClientError("\(client.baseURL) sent a message that cannot be read: \(error)")
        }
        let new = tail.following.take(LogEntry.inOrder(streams.entries))
        tail.writer.measureOn(new)
        for entry in new { output.result(tail.writer.text(entry)) }
        if streams.droppedCount > 0 {
            output.remark("\(counted(streams.droppedCount, "line")) came too fast to be followed and are not shown; narrow the query")
        }
        return streams.entries.count
    }
}
