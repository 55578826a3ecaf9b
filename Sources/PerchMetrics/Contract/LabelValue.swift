/// What the values of a label are: a type with finitely many (``LabelValue``), or texts that are only counted (``OpenValue``).
public protocol MetricLabelValue: Hashable, Sendable {
    /// The value as it is exposed.
    var labelValue: String { get }

    /// All values that there are, in order; nil where they are not known beforehand.
    static var declaredValues: [Self]? { get }
}

/// The values that a label may have: a type with finitely many.
///
///     enum Outcome: String, LabelValue { case accepted, declined }
public protocol LabelValue: CaseIterable, MetricLabelValue, ContractFieldValue where AllCases == [Self] {}

extension LabelValue {
    public static var declaredValues: [Self]? { allCases }
    public static var declaredType: ContractFieldType { .oneOf(allCases.map(\.labelValue)) }
    public var declaredValue: DeclaredField.Value { .string(labelValue) }
}

extension LabelValue where Self: RawRepresentable, RawValue == String {
    public var labelValue: String { rawValue }
}

/// A value that is not known beforehand, such as the name of a customer. A label of such values says how many there may be.
///
///     let orders: CounterFamily<Outcome, OpenValue>
///     orders = declare.counter("orders_total", help: "Orders.", labels: Label<Outcome>("outcome"), OpenLabel("customer", atMost: 100))
///     orders[.accepted, "acme"].increment()
public struct OpenValue: MetricLabelValue, ExpressibleByStringLiteral {
    public let labelValue: String

    public init(_ value: String) { labelValue = value }
    public init(stringLiteral value: String) { labelValue = value }

    public static var declaredValues: [OpenValue]? { nil }

    /// What stands in for all values beyond those that a label may have.
    public static let other: OpenValue = "_other"
}

/// A label of a metric: its name, and by its type the values that it may have.
public struct Label<Value: MetricLabelValue>: Sendable {
    let name: String
    /// How many values there may be, where that is not known from the type.
    let valuesMax: Int?

    var declared: DeclaredLabel { DeclaredLabel(name: name, values: Value.declaredValues?.map(\.labelValue), valuesMax: valuesMax) }
}

extension Label where Value: LabelValue {
    public init(_ name: String, _ type: Value.Type = Value.self) { self.init(name: name, valuesMax: nil) }
}

/// A label whose values are not known beforehand.
public typealias OpenLabel = Label<OpenValue>

extension Label<OpenValue> {
    /// - Parameter valuesMax: how many values there may be; further ones are counted together, under ``OpenValue/other``.
    /// - Precondition: `valuesMax` is at least 1.
    public init(_ name: String, atMost valuesMax: Int) {
        precondition(valuesMax >= 1, "BUG: the label \(name) is declared without room for a value")
        self.init(name: name, valuesMax: valuesMax)
    }
}

/// A label as it was declared.
struct DeclaredLabel: Sendable, Hashable {
    let name: String
    /// All values; nil where they are not known beforehand.
    let values: [String]?
    /// How many values there may be where they are not known.
    let valuesMax: Int?

    /// How many values there are at most, with the one that stands for all further ones.
    var count: Int { values?.count ?? (valuesMax ?? 0) + 1 }
}

/// Where the values of a label stand in the order of their declaration.
struct ValueOrder<Value: MetricLabelValue>: Sendable {
    let places: [Value: Int]

    init() {
        var places: [Value: Int] = [:]
        for (place, value) in (Value.declaredValues ?? []).enumerated() where places[value] == nil { places[value] = place }
        self.places = places
    }

    /// The place of a combination that ends in this value, from the place of what stands before it.
    func place(of value: Value, behind place: Int) -> Int {
        guard let own = places[value] else { preconditionFailure("BUG: \(value) is not among all the cases of its type") }
        return place * places.count + own
    }
}
