internal import ArgumentParser
internal import Foundation
internal import ShopKit
internal import ShopLoad

/// `shop load`: sends shoppers.
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send shoppers to the shop.",
        discussion: """
            They browse, look, register or log in, ask for recommendations, order, and look at their order; many leave earlier. Each thing they \
            do begins a trace. Metrics are at /metrics of --port. At the end, or at Ctrl-C, a page says what became of them.

            EXAMPLES
              shop load --rate 2
              shop load --rate 20 --duration 5m --seed 7

            EXIT STATUS
              0 the time is over or a signal came, 1 the port is taken, 2 wrong usage
            """)

    @Option(help: ArgumentHelp("Shoppers a second, on average.", valueName: "n"))
    var rate = 5.0

    @Option(help: ArgumentHelp("How long, such as 60s; until Ctrl-C unless given.", valueName: "duration"))
    var duration: String?

    @Option(help: ArgumentHelp("Runs with the same seed are alike; any unless given.", valueName: "n"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("Where the shop is.", valueName: "url"))
    var gateway = ProcessInfo.processInfo.environment[ServiceName.gateway.addressVariable] ?? "http://127.0.0.1:\(ServiceName.gateway.port)"

    @Option(help: "The address of /metrics.")
    var host = "127.0.0.1"

    @Option(help: "The port of /metrics.")
    var port = LoadGenerator.port

    func validate() throws {
        if let duration, DurationText.parse(duration) == nil { throw ValidationError("--duration is a duration such as 60s or 5m") }
        guard (0...65_535).contains(port) else { throw ValidationError("--port is from 0 to 65535") }
        do throws(SettingsError) {
            _ = try settings()
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws { try await LoadGenerator.run(settings()) }

    private func settings() throws(SettingsError) -> LoadGenerator.Settings {
        var settings = try LoadGenerator.Settings(
            rate: rate, duration: duration.flatMap(DurationText.parse), seed: seed ?? UInt64.random(in: 1...0xffff_ffff), gateway: gateway,
            port: port)
        settings.host = host
        return settings
    }
}
