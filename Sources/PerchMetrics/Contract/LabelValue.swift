/// The values that a label may have: a type with finitely many.
///
///     enum Outcome: String, LabelValue { case accepted, declined }
public protocol LabelValue: CaseIterable, Hashable, Sendable where AllCases == [Self] {
    /// The value as it is exposed.
    var labelValue: String { get }
}

extension LabelValue where Self: RawRepresentable, RawValue == String {
    public var labelValue: String { rawValue }
}

/// A label of a metric: its name, and by its type the values that it may have.
public struct Label<Value: LabelValue>: Sendable {
    let name: String

    public init(_ name: String, _ type: Value.Type = Value.self) { self.name = name }

    var declared: DeclaredLabel { DeclaredLabel(name: name, values: Value.allCases.map(\.labelValue)) }
}

/// Where the values of a label stand in the order of their declaration.
struct ValueOrder<Value: LabelValue>: Sendable {
    let places: [Value: Int]

    init() {
        var places: [Value: Int] = [:]
        for (place, value) in Value.allCases.enumerated() where places[value] == nil { places[value] = place }
        self.places = places
    }

    /// The place of a combination that ends in this value, from the place of what stands before it.
    func place(of value: Value, behind place: Int) -> Int {
        guard let own = places[value] else { preconditionFailure("BUG: \(value) is not among all the cases of its type") }
        return place * places.count + own
    }
}
