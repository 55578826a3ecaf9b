internal import ArgumentParser
internal import ShopKit

/// `shop fault`: makes things go wrong while the shop runs.
struct FaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Make something go wrong, so that dashboards and alerts have something to show.",
        discussion: """
            EXAMPLES
              shop fault list
              shop fault set failing-payments
              shop fault set slow-catalog 2000 --for 5m
              shop fault clear slow-catalog

            EXIT STATUS
              0 done, 1 the service cannot be reached, 2 wrong usage
            """,
        subcommands: [FaultList.self, FaultSet.self, FaultClear.self])
}

struct FaultAddress: ParsableArguments {
    @Option(help: "Where the services are.")
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("The gateway's port; the others follow it.", valueName: "port"))
    var portBase = ServiceName.gateway.port

    func client() -> FaultClient { FaultClient(host: host, portBase: portBase) }
}

/// What the argument for a fault says.
enum FaultArgument {
    static let help = ArgumentHelp("Which: \(FaultName.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "fault")

    @Sendable
    static func parse(_ text: String) throws -> FaultName {
        guard let fault = FaultName(rawValue: text) else {
            throw ValidationError("there is no fault \(text), but \(FaultName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return fault
    }
}

struct FaultList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List what can go wrong, and what does now.")

    @OptionGroup var address: FaultAddress

    func run() async throws {
        var rows = [["FAULT", "SERVICE", "NOW", "WHAT GOES WRONG"]]
        for fault in FaultName.allCases {
            rows.append([fault.rawValue, fault.owner.telemetryName, await state(fault), fault.summary])
        }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            print((cells + [row[3]]).joined(separator: "  "))
        }
    }

    private func state(_ fault: FaultName) async -> String {
        do {
            guard let state = try await address.client().state(of: fault), state.isActive else { return "off" }
            return state.value?.description ?? "on"
        } catch {
            return "?"
        }
    }
}

struct FaultSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Make something go wrong.")

    @Argument(help: FaultArgument.help, transform: FaultArgument.parse)
    var name: FaultName

    @Argument(help: "How far; `shop fault list` says in which unit.")
    var value: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long, such as 60s; until it is cleared unless given.", valueName: "duration"))
    var duration: String?

    @OptionGroup var address: FaultAddress

    func validate() throws {
        if let value, !name.accepts(FaultValue(value)) {
            throw ValidationError("\(value) is no value of \(name.rawValue): \(name.summary)")
        }
        if let duration, DurationText.parse(duration) == nil { throw ValidationError("--for is a duration such as 60s or 5m") }
    }

    func run() async throws {
        let seconds = duration.flatMap(DurationText.parse).map { $0 / .seconds(1) }
        let state = try await address.client().set(name, FaultRequest(value: value.map(FaultValue.init), seconds: seconds))
        print("\(name.rawValue) is \(state.value?.description ?? "on")" + (duration.map { " for \($0)" } ?? "") + ": \(name.summary)")
    }
}

struct FaultClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "clear", abstract: "End what was made to go wrong.")

    @Argument(help: FaultArgument.help, transform: FaultArgument.parse)
    var name: FaultName

    @OptionGroup var address: FaultAddress

    func run() async throws {
        try await address.client().clear(name)
        print("\(name.rawValue) is off")
    }
}
