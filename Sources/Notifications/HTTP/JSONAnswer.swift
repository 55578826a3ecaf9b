internal import Foundation

/// An answer of a service that is a JSON object.
struct JSONAnswer {
    private let members: [String: Any]

    /// Nil where it is none.
    init?(_ body: [UInt8]) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)), let members = object as? [String: Any] else { return nil }
        self.members = members
    }

    private init(_ members: [String: Any]) { self.members = members }

    func text(_ name: String) -> String? { members[name] as? String }
    func number(_ name: String) -> Double? { (members[name] as? NSNumber)?.doubleValue }
    func truth(_ name: String) -> Bool? { members[name] as? Bool }
    func texts(_ name: String) -> [String] { members[name] as? [String] ?? [] }
    func object(_ name: String) -> JSONAnswer? { (members[name] as? [String: Any]).map { JSONAnswer($0) } }
    func objects(_ name: String) -> [JSONAnswer] { (members[name] as? [[String: Any]])?.map { JSONAnswer($0) } ?? [] }
}
