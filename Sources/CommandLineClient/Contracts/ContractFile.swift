internal import ByteCoding
internal import Foundation
internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TelemetryContracts

/// A contract as it is named on the command line.
struct ContractFile {
    let contract: Contract
    /// The matchers of the service's series, without braces.
    let selector: String
    /// The labels and values that the selector asks for by `=`.
    let equalities: [(name: String, value: String)]

    /// - Parameters:
    ///   - path: a file of JSON, or `-` for standard input.
    ///   - selector: the matchers of the service's series, with or without braces; nil for the job of the service's name.
    /// - Throws: ``ClientError`` with status `usage`, with the place of the fault.
    init(_ path: String, selector: String?) throws(ClientError) {
        let name = path == "-" ? "standard input" : path
        let bytes: [UInt8]
        do {
            let data = path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : try Data(contentsOf: URL(fileURLWithPath: path))
            bytes = Array(data)
        } catch {
            throw .usage("\(name): \(error.localizedDescription)")
        }
        do throws(JSONError) {
            contract = try Contract(json: bytes)
        } catch {
            throw .usage("\(name):\(error.line):\(error.column): \(error.message)")
        }
        let given = selector ?? "job=" + SpanFilter.quoted(contract.service)
        var matchers = given[...]
        if matchers.first == "{" && matchers.last == "}" { matchers = matchers.dropFirst().dropLast() }
        do throws(QueryError) {
            let parsed = try PromQLParser(features: .all).parseSelector("{" + matchers + "}")
            guard parsed.matchers.contains(where: { !$0.matchesEmpty }) else { throw QueryError(.badInput, "it names no series") }
            equalities = parsed.matchers.filter { $0.operator == .equal }.map { (name: $0.name, value: $0.value) }
        } catch {
            throw .usage("--selector: “\(given)” cannot be used: \(error.message)")
        }
        self.selector = String(matchers)
    }
}
