import Logging
import PerchInstrumentation
import PerchLogging
import PerchTracing

private func redact() throws {
    let telemetry = try Perch.bootstrap(service: "checkout") { configuration in
        configuration.redaction = .keys(["password", "token", "card.number"])
        configuration.stackLevel = .critical
    }
    telemetry.levels.set(.debug, for: "shop.database")
}
