import Foundation
import Testing

@testable import TelemetryContracts

/// What is generated from a contract, as other programs take it.
@Suite struct StartingTests {
    static let promtool = "/usr/bin/promtool"
    static let hasPromtool = FileManager.default.isExecutableFile(atPath: promtool)

    private func ran(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.promtool)
        process.arguments = arguments
        let said = Pipe()
        process.standardOutput = said
        process.standardError = said
        try process.run()
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    /// A contract with all that rules are made for.
    private func contract() throws -> Contract {
        var contract = try ShopTelemetry.contract
        contract.service = "shop \"α\""
        var native = contract.metrics[3]
        native.name = "shop_native_seconds"
        native.isNative = true
        var long = contract.metrics[3]
        long.name = "shop_long_seconds"
        long.bounds = [0.5, 1]
        var short = contract.metrics[3]
        short.name = "shop_short_seconds"
        short.bounds = [0.25]
        contract.metrics += [native, long, short]
        return contract
    }

    @Test(.enabled(if: hasPromtool, "promtool is not installed"))
    func `promtool takes the rules, and their tests pass`() throws {
        let folder = NSTemporaryDirectory() + "perch-contract-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let rules = ContractRules(try contract(), selector: #"job="shop", env!="test""#, equalities: [(name: "job", value: "shop")])
        try rules.yaml.write(toFile: folder + "/shop.rules.yml", atomically: true, encoding: .utf8)
        try rules.tests(ruleFile: "shop.rules.yml").write(toFile: folder + "/shop.test.yml", atomically: true, encoding: .utf8)
        let checked = try ran(["check", "rules", folder + "/shop.rules.yml"])
        #expect(checked.status == 0, "\(checked.text)")
        #expect(checked.text.contains("\(rules.rules.count) rules found"), "\(checked.text)")
        let tested = try ran(["test", "rules", folder + "/shop.test.yml"])
        #expect(tested.status == 0, "\(tested.text)")
        // A test that cannot fail would prove nothing.
        let wrong = rules.yaml.replacing("> 0.05", with: "> 0.5").replacing("_other", with: "_others")
        try wrong.write(toFile: folder + "/shop.rules.yml", atomically: true, encoding: .utf8)
        let failed = try ran(["test", "rules", folder + "/shop.test.yml"])
        #expect(failed.status != 0)
        #expect(failed.text.contains("ShopOrdersTotalFailing") && failed.text.contains("ShopVisitsTotalCustomerCrowded"), "\(failed.text)")
    }

    @Test func `there are rules for what can go wrong with each metric`() throws {
        let rules = ContractRules(try ShopTelemetry.contract, selector: #"job="shop""#, equalities: [(name: "job", value: "shop")])
        #expect(
            rules.rules.map(\.alert) == [
                "ShopOrdersTotalMissing", "ShopOrdersTotalFailing", "ShopQueueBytesMissing", "ShopVisitsTotalCustomerCrowded",
                "ShopWorkSecondsMissing", "ShopWorkSecondsSlow",
            ])
        let none = ContractRules(Contract(service: "idle"), selector: #"job="idle""#, equalities: [])
        #expect(none.yaml.contains("rules: []"))
        #expect(none.tests(ruleFile: "x.yml").contains("tests: []"))
    }

    @Test func `the dashboard has a panel for each metric, span and line, none over another`() throws {
        let text = ContractDashboard(try contract(), selector: #"job="shop""#).json
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["schemaVersion"] as? Int == 41)
        let panels = try #require(json["panels"] as? [[String: Any]])
        #expect(panels.filter { $0["type"] as? String == "row" }.count == 3)
        #expect(panels.filter { $0["type"] as? String == "timeseries" }.count == 7)
        #expect(panels.filter { ["table", "logs"].contains($0["type"] as? String) }.count == 2)
        #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let place = try #require(panel["gridPos"] as? [String: Int])
            for x in 0..<(place["w"] ?? 0) {
                for y in 0..<(place["h"] ?? 0) {
                    #expect(taken.insert([(place["x"] ?? 0) + x, (place["y"] ?? 0) + y]).inserted, "\(panel["title"] ?? "")")
                }
            }
        }
        let uid = try #require(json["uid"] as? String)
        #expect(uid.count <= 40 && uid.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }, "\(uid)")
    }
}
