internal import ArgumentParser
internal import CommandLineClient
internal import Foundation

struct Traces: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find, show and compare traces of a running server.",
        discussion: """
            Times are --since (1h ago to now unless said otherwise), or --from and --to. \
            A trace id may lack the zeros at its beginning. Colours are left out where output \
            is no terminal or NO_COLOR is set, and characters beyond ASCII where the locale has none.

            EXAMPLES
              perch traces services
              perch traces search --service checkout --error --since 30m
              perch traces search '{ resource.service.name = "payments" && duration > 1s }'
              perch traces search --tag http.response.status_code=500 --min-duration 1s
              perch traces show 5b8aa5a2d2c872e8321cf37308d69df2
              perch traces show 5b8aa5a2d2c872e8321cf37308d69df2 --span 00f067aa0ba902b7
              perch traces diff $BEFORE $AFTER
              perch traces tail --service checkout --error
              perch traces graph --since 1h --output dot | dot -Tsvg > services.svg

            EXIT STATUS
              0 answered (even if a search finds nothing)
              1 not answered, or no such trace, span or service
              2 wrong usage or a wrong query
            """,
        subcommands: [
            TracesSearch.self, TracesShow.self, TracesDiff.self, TracesServices.self, TracesOperations.self, TracesTail.self,
            TracesGraph.self,
        ]
    )
}

/// What the commands of this group have around them.
enum TraceSurroundings {
    static var terminal: Terminal { .standardOutput(environment: ProcessInfo.processInfo.environment) }

    /// In milliseconds.
    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    static func exit(with status: CommandStatus) throws {
        if status != .success { throw ExitCode(status.rawValue) }
    }
}

/// Conditions for a span, in options.
struct SpanFilterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Spans of this service.", valueName: "name"),
        completion: .custom { words, _, _ in await TraceCompletion.services(words) })
    var service: String?

    @Option(
        help: ArgumentHelp("Spans of this name.", valueName: "name"),
        completion: .custom { words, _, _ in await TraceCompletion.operations(words) })
    var operation: String?

    @Flag(help: "Spans whose status is error.")
    var error = false

    @Option(help: ArgumentHelp("Spans that took at least so long: 200ms, 1.5s.", valueName: "duration"))
    var minDuration: String?

    @Option(help: ArgumentHelp("Spans that took at most so long.", valueName: "duration"))
    var maxDuration: String?

    @Option(
        help: ArgumentHelp(
            "Spans with this attribute, their own or their resource's; resource.NAME=VALUE and the like say whose. May be given several times.",
            valueName: "name=value"))
    var tag: [String] = []

    var filter: SpanFilter {
        SpanFilter(
            service: service, operation: operation, isError: error, durationMin: minDuration, durationMax: maxDuration, tags: tag)
    }
}

/// When to look.
struct TraceTimeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How far back to look (1h), or the time to begin at.", valueName: "duration"))
    var since: String?

    @Option(help: ArgumentHelp("The time to begin at: RFC 3339, Unix seconds, now-5m.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("The time to end at instead of now.", valueName: "time"))
    var to: String?

    var arguments: TraceTimeArguments { TraceTimeArguments(since: since, from: from, to: to) }
}
