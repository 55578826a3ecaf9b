/// Which labels of a line tell series apart.
enum LabelGrouping: Sendable {
    case all
    case none
    case by([[UInt8]])
    case without([[UInt8]])

    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .all: true
        case .none: false
        case .by(let names): names.contains { $0.count == name.count && name.elementsEqual($0) }
        case .without(let names): !names.contains { $0.count == name.count && name.elementsEqual($0) }
        }
    }
}
