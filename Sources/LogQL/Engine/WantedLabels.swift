/// What a query needs of the labels that parsers extract. A metric query that groups by names needs no others.
enum WantedLabels: Sendable {
    /// Nobody knows which labels are needed.
    case all
    /// No label is looked at.
    case nothing
    /// Only labels of these names are looked at, each name once.
    ///
    /// - keepsErrors: whether the query looks at `__error__`.
    case names([[UInt8]], keepsErrors: Bool)

    /// Whether an error of a parser has to be noted by a label that survives grouping.
    var keepsErrors: Bool {
        if case .names(_, let keepsErrors) = self { keepsErrors } else { false }
    }

    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .all: true
        case .nothing: false
        case .names(let names, _): names.contains { $0.count == name.count && $0.elementsEqual(name) }
        }
    }

    /// Whether a label may be wanted whose name starts with some bytes. Parsers of nested values spare themselves what lies below.
    func contains(prefix: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .all: true
        case .nothing: false
        case .names(let names, _): names.contains { $0.starts(with: prefix) }
        }
    }
}
