internal import TelemetryModel

/// What has attributes of its own in a table.
enum Entity: Int, Sendable, CaseIterable {
    case span, event, link

    /// How many numbers a kind has.
    var fieldCount: Int {
        switch self {
        case .span: SpanKindField.count
        case .event: EventKindField.count
        case .link: LinkKindField.count
        }
    }

    /// Which of them are numbers of texts.
    var textFields: [Int] {
        switch self {
        case .span: SpanKindField.texts
        case .event: EventKindField.texts
        case .link: LinkKindField.texts
        }
    }
}

/// The kinds of the rows of an entity, in the order of the table.
struct EntityKinds: Sendable {
    /// For each row its kind.
    var kindOf: [UInt32]
    /// How many kinds there are.
    var count: Int
    /// For each field its numbers, by kind.
    var fields: [[UInt64]]
}

/// Values of attributes of one name, as numbers in a list.
struct AttributeCodes: Sendable {
    /// For each row of the entity the place of its value in `values`; -1 where it has none.
    var codes: [Int32]
    var values: [AttributeValue]
}

/// Who made the spans of a table.
struct TableOrigins: Sendable {
    /// For each span the place of its resource.
    var resourceOf: [UInt32]
    var resources: [ResourceRecord]
    var scopes: [ScopeRecord]
}

/// Where the columns of a table come from: spans in memory, or a block. Rows are in the order of the table.
protocol ColumnSource: Sendable {
    var storedBytes: Int { get }
    func frame() throws -> TraceFrame
    func kinds(_ entity: Entity) throws -> EntityKinds
    /// The text of a number that a kind has in one of the fields of texts.
    func text(_ number: UInt64) throws -> String
    /// Nil where no row has an attribute of the name.
    func attributeCodes(_ entity: Entity, _ key: String) throws -> AttributeCodes?
    func attributeKeys(_ entity: Entity) throws -> [String]
    func origins() throws -> TableOrigins
    /// For each event how long after the start of its span it was.
    func eventTimes() throws -> [Int64]
    func linkIDs() throws -> (traces: [TraceID], spans: [UInt64])
}
