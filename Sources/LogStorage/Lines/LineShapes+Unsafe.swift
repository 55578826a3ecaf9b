#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The shapes of many lines, each once, and where the leaves of each line are.
struct LineShapes {
    private(set) var shapes: [LineShape] = []
    /// Leaf after leaf of all lines that have a shape.
    private(set) var spans: [LineScanner.Span] = []
    private let shapesMax: Int
    private var numbers = RunTable()
    private var key: [UInt8] = []
    private var events: [(kind: UInt8, start: Int, end: Int)] = []

    /// - Parameter shapesMax: beyond so many, lines of further shapes have none.
    init(shapesMax: Int) { self.shapesMax = shapesMax }

    mutating func reserveCapacity(_ spans: Int) { self.spans.reserveCapacity(spans) }

    /// The number of a line's shape; -1 where it has none. Its leaves are added to ``spans``.
    ///
    /// - Parameter guess: the shape that is tried first; -1 for none.
    mutating func add(_ line: Run, guess: Int32) -> Int32 {
        if guess >= 0, match(line, Int(guess)) { return guess }
        return scan(line)
    }

    /// Takes a line that is of a shape.
    private mutating func match(_ line: Run, _ number: Int) -> Bool {
        let bytes = line.base.assumingMemoryBound(to: UInt8.self)
        let before = spans.count
        var high: UInt8 = 0
        var position = 0
        let isMatch = shapes[number].literals.withUnsafeBufferPointer { literals in
            shapes[number].kinds.withUnsafeBufferPointer { kinds in
                for leaf in 0..<kinds.count {
                    guard LineShapes.isAt(position, line, literals[leaf]) else { return false }
                    position &+= literals[leaf].count
                    let end: Int?
                    if kinds[leaf] == LineScanner.Kind.string.rawValue {
                        end = LineScanner.endOfString(bytes, position, line.count, &high).map { $0 &- 1 }
                    } else {
                        end = LineScanner.Kind(rawValue: kinds[leaf]).flatMap {
                            LineScanner.endOfLeaf($0, bytes, position, line.count, &high)
                        }
                    }
                    guard let end else { return false }
                    spans.append(
                        LineScanner.Span(start: UInt32(truncatingIfNeeded: position), count: UInt32(truncatingIfNeeded: end &- position)))
                    position = end
                }
                let last = literals[kinds.count]
                return line.count &- position == last.count && LineShapes.isAt(position, line, last)
            }
        }
        // Keys that are not ASCII were looked at when the shape was new.
        if isMatch, high < 0x80 || LineScanner.isUnicode(line) { return true }
        spans.removeSubrange(before...)
        return false
    }

    @inline(__always)
    private static func isAt(_ position: Int, _ line: Run, _ literal: [UInt8]) -> Bool {
        guard literal.count <= line.count &- position else { return false }
        return literal.withUnsafeBytes { literal in
            guard let base = literal.baseAddress else { return true }
            return memcmp(line.base + position, base, literal.count) == 0
        }
    }

    private mutating func scan(_ line: Run) -> Int32 {
        guard line.count > 1, line.count < Int(Int32.max) else { return -1 }
        events.removeAll(keepingCapacity: true)
        var events = events
        let isObject = LineScanner.scan(line) { event in
            if case .leaf(let kind, let start, let end) = event { events.append((kind.rawValue, start, end)) }
        }
        defer { self.events = events }
        guard isObject, events.count <= BlockLimits.leavesMax else { return -1 }
        key.removeAll(keepingCapacity: true)
        var position = 0
        for event in events {
            key.append(contentsOf: line.part(position, event.start - position).bytes)
            // No byte of JSON outside of its strings is 0, and strings have none either.
            key.append(0)
            key.append(event.kind)
            position = event.end
        }
        key.append(contentsOf: line.part(position, line.count - position).bytes)
        let known = key.withUnsafeBytes { bytes in
            bytes.baseAddress.flatMap { numbers.code(of: Run(base: $0, count: bytes.count)) }
        }
        let number: Int32
        if let known {
            number = known
        } else {
            guard shapes.count < shapesMax else { return -1 }
            number = key.withUnsafeBytes { bytes in numbers.intern(Run(base: bytes.baseAddress ?? Run.nowhere, count: bytes.count)) }
            shapes.append(shape(line, events))
        }
        for event in events {
            spans.append(
                LineScanner.Span(start: UInt32(truncatingIfNeeded: event.start), count: UInt32(truncatingIfNeeded: event.end - event.start))
            )
        }
        return number
    }

    private func shape(_ line: Run, _ events: [(kind: UInt8, start: Int, end: Int)]) -> LineShape {
        var shape = LineShape()
        var position = 0
        for event in events {
            shape.literals.append([UInt8](line.part(position, event.start - position).bytes))
            shape.kinds.append(event.kind)
            position = event.end
        }
        shape.literals.append([UInt8](line.part(position, line.count - position).bytes))
        return shape
    }
}
