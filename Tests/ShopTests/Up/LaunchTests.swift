internal import Foundation
internal import ShopKit
internal import Testing

@testable import shop

@Suite struct LaunchTests {
    @Test func `pauses grow while a service keeps ending, and begin anew once it has run for a while`() {
        var policy = RestartPolicy()
        let pauses = (0..<6).map { _ in policy.pause(afterRunning: .seconds(1)) / .seconds(1) }
        #expect(pauses == [0.5, 1, 2, 4, 8, 10])
        #expect(policy.pause(afterRunning: .seconds(40)) == .milliseconds(500))
    }

    @Test func `each service gets its port and the addresses of all`() throws {
        let plan = LaunchPlan(host: "0.0.0.0", portBase: 9000, dataDirectory: "/tmp/x", logDirectory: "/tmp/logs")
        let launches = try plan.launches([.gateway, .catalog], environment: ["SHOP_USERS_URL": "http://elsewhere:1"])
        #expect(launches.map(\.address) == ["http://127.0.0.1:9000", "http://127.0.0.1:9001"])
        #expect(launches[1].arguments.prefix(5) == ["catalog", "--host", "0.0.0.0", "--port", "9001"])
        #expect(launches[0].environment["SHOP_CATALOG_URL"] == "http://127.0.0.1:9001")
        #expect(launches[0].environment["SHOP_USERS_URL"] == "http://elsewhere:1")
        #expect(launches[1].logPath == "/tmp/logs/catalog.log")
    }
}
