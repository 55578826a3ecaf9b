internal import CivilCalendar
internal import Foundation
internal import LabelMatching
public import TelemetryModel

/// `perch silences list`: the silences that a server knows.
public struct SilencesListCommand: Sendable {
    private let client: PerchClient
    private let matchers: [String]
    private let includesExpired: Bool
    private let format: TraceOutputFormat
    private let terminal: Terminal
    private let now: Timestamp

    /// - Parameters:
    ///   - matchers: silences with just these matchers.
    ///   - now: in milliseconds.
    public init(
        client: PerchClient, matchers: [String] = [], includesExpired: Bool = false, format: TraceOutputFormat = .table, terminal: Terminal,
        now: Timestamp
    ) {
        self.client = client
        self.matchers = matchers
        self.includesExpired = includesExpired
        self.format = format
        self.terminal = terminal
        self.now = now
    }

    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            var request = PerchClient.Request(path: "/api/v2/silences")
            for filter in MatcherArguments.filters(matchers) { request.parameters.append(.init(name: "filter", value: filter)) }
            request.parameters.append(.init(name: "expired", value: includesExpired ? "true" : "false"))
            let response = try await client.callAlertmanager(request)
            if format == .json { return output.result(String(decoding: response.body, as: UTF8.self) + "\n") }
            let silences = try client.decoded(response, as: [SilenceReply].self)
            if silences.isEmpty { return output.remark("no silences") }
            output.result(table(silences))
        }
    }

    private func table(_ silences: [SilenceReply]) -> String {
        let shown = ShownText(for: terminal)
        let time = AlertTimeText(now: now)
        var table = TextTable([
            .init(title: "STATE"), .init(title: "ID"), .init(title: "MATCHERS"), .init(title: "ENDS"), .init(title: "HOLDS"),
            .init(title: "BY"), .init(title: "COMMENT"),
        ])
        for silence in silences {
            let when = silence.status.state == "pending" ? "starts " + time.distance(silence.startsAt) : time.distance(silence.endsAt)
            table.add([
                silence.status.state, silence.id, shown(silence.matchers.map(\.text).joined(separator: " ")), when,
                shown(RecurrenceText.text(silence.recurrence ?? [])), shown(silence.createdBy), shown(silence.comment),
            ])
        }
        return AlertStateColour.paint(table.rendered(), terminal)
    }
}

/// `perch silences add`.
public struct SilencesAddCommand: Sendable {
    public struct Options: Sendable, Hashable {
        public var matchers: [String]
        /// Such as `2h`; 1h where nothing is said.
        public var duration: String?
        public var start: String?
        public var end: String?
        public var author: String
        public var comment: String
        /// Such as `weekdays=mon:fri,times=22:00-06:00,zone=Europe/Berlin`.
        public var recurring: [String]

        public init(
            matchers: [String], duration: String? = nil, start: String? = nil, end: String? = nil, author: String, comment: String = "",
            recurring: [String] = []
        ) {
            self.matchers = matchers
            self.duration = duration
            self.start = start
            self.end = end
            self.author = author
            self.comment = comment
            self.recurring = recurring
        }
    }

    private let client: PerchClient
    private let options: Options
    private let now: Timestamp

    /// - Parameter now: in milliseconds.
    public init(client: PerchClient, options: Options, now: Timestamp) {
        self.client = client
        self.options = options
        self.now = now
    }

    /// Prints the id of the silence.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            var request = PerchClient.Request(path: "/api/v2/silences")
            request.json = try body()
            struct Reply: Decodable { var silenceID: String }
            let reply = try client.decoded(try await client.callAlertmanager(request), as: Reply.self)
            output.result(reply.silenceID + "\n")
        }
    }

    private func body() throws(ClientError) -> String {
        if options.matchers.isEmpty { throw .usage("what is to be silenced? give matchers, such as alertname=Down instance=~'a.*'") }
        if options.duration != nil && options.end != nil {
            throw .usage("--duration and --end are two ways to say the same; give one of them")
        }
        if !options.recurring.isEmpty && options.duration == nil && options.end == nil {
            throw .usage("--recurring: say with --duration or --end how long it recurs, such as --duration 26w")
        }
        let start = try options.start.map { (text) throws(ClientError) in try TimeArgument.time(text, now: now, option: "--start") } ?? now
        let end: Timestamp
        if let text = options.end {
            end = try TimeArgument.time(text, now: now, option: "--end")
        } else {
            end = start + (try TimeArgument.duration(options.duration ?? "1h", option: "--duration"))
        }
        if start >= end { throw .usage("the silence would end before it starts") }
        let matchers = try MatcherArguments.parsed(options.matchers)
        let recurrence = try options.recurring.map { (text) throws(ClientError) in try RecurrenceArgument.intervals(text) }.flatMap { $0 }
        var json = JSONText()
        json.object { json in
            json.member("matchers") { json in
                json.array(matchers) { json, matcher in
                    json.object { json in
                        json.member("name") { $0.string(matcher.name) }
                        json.member("value") { $0.string(matcher.value) }
                        json.member("isRegex") {
                            $0.raw(matcher.operator == .matches || matcher.operator == .notMatches ? "true" : "false")
                        }
                        json.member("isEqual") { $0.raw(matcher.operator == .equal || matcher.operator == .matches ? "true" : "false") }
                    }
                }
            }
            json.member("startsAt") { $0.string(RFC3339.text(CivilTime(milliseconds: start))) }
            json.member("endsAt") { $0.string(RFC3339.text(CivilTime(milliseconds: end))) }
            json.member("createdBy") { $0.string(options.author) }
            json.member("comment") { $0.string(options.comment) }
            if !recurrence.isEmpty { json.member("recurrence") { $0.array(recurrence) { $1.write(to: &$0) } } }
        }
        return json.text
    }
}

/// `perch silences expire`.
public struct SilencesExpireCommand: Sendable {
    private let client: PerchClient
    private let ids: [String]

    public init(client: PerchClient, ids: [String]) {
        self.client = client
        self.ids = ids
    }

    /// Ends all of them; one that is not known does not keep the others from being ended.
    public func run(output: CommandOutput) async -> CommandStatus {
        var status = CommandStatus.success
        for id in ids {
            let outcome = await output.reporting { () async throws(ClientError) in
                let allowed = id.unicodeScalars.allSatisfy { $0.properties.isASCIIHexDigit || $0 == "-" }
                guard allowed else { throw .usage("“\(id)” is no id of a silence") }
                var request = PerchClient.Request(path: "/api/v2/silence/" + id)
                request.method = "DELETE"
                let response = try await client.answer(request)
                if response.status == 404 { throw ClientError("there is no silence \(id)") }
                if response.status != 200 { _ = try await client.callAlertmanager(request) }
            }
            if outcome != .success { status = outcome }
        }
        return status
    }
}
