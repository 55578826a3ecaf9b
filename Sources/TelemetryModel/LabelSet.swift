internal import ByteCoding

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A sorted set of labels with unique names, held as one run of bytes.
///
/// The bytes are, label after label in the byte order of the names: length of the name (LEB128), name, length of the value
/// (LEB128), value. This form is canonical: two label sets are equal exactly when their bytes are, so a label set is compared,
/// hashed and looked up without building strings. Labels with an empty value do not exist (as in Prometheus), so they are never stored.
///
/// Names and values are UTF-8. Order is by bytes, never by Unicode equivalence.
public struct LabelSet: Sendable, Hashable {
    /// The canonical bytes; see the type's description.
    public let packed: [UInt8]

    /// The empty label set.
    @inlinable
    public init() { packed = [] }

    /// Takes bytes that are already canonical.
    ///
    /// - Precondition: `packed` has the canonical form. Bytes from outside go through ``init(validating:)``.
    @inlinable
    public init(canonical packed: [UInt8]) { self.packed = packed }

    /// Takes bytes from a file or the network and checks that they are canonical.
    ///
    /// - Throws: ``LabelSetError`` with the offset of the first byte that is wrong.
    public init(validating packed: [UInt8]) throws(LabelSetError) {
        var position = 0
        var previous: Range<Int>?
        while position < packed.count {
            let start = position
            guard let name = LabelSet.readRange(packed, &position), let value = LabelSet.readRange(packed, &position) else {
                throw LabelSetError(code: .truncated, offset: start)
            }
            if name.isEmpty || value.isEmpty { throw LabelSetError(code: .emptyNameOrValue, offset: start) }
            if let previous, !packed[previous].lexicographicallyPrecedes(packed[name]) {
                throw LabelSetError(code: .notSorted, offset: start)
            }
            previous = name
        }
        self.packed = packed
    }

    /// Builds a label set from pairs in any order. Empty values are left out; of equal names the last wins.
    public init(_ pairs: some Sequence<(String, String)>) {
        var builder = LabelSetBuilder()
        for (name, value) in pairs { builder.set(name, value) }
        self = builder.build()
    }

    /// Whether there are no labels.
    public var isEmpty: Bool { packed.isEmpty }

    /// The number of labels. O(labels).
    public var count: Int {
        var ranges = labelRanges
        var count = 0
        while ranges.next() != nil { count += 1 }
        return count
    }

    /// XXH3 of the canonical bytes: stable across processes and machines.
    public var stableHash: UInt64 { hash64(packed) }

    /// Compares the bytes at once. O(bytes).
    public static func == (left: LabelSet, right: LabelSet) -> Bool {
        left.packed.withUnsafeBytes { left in
            right.packed.withUnsafeBytes { right in
                guard left.count == right.count else { return false }
                guard let leftBase = left.baseAddress, let rightBase = right.baseAddress, leftBase != rightBase else { return true }
                return memcmp(leftBase, rightBase, left.count) == 0
            }
        }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(stableHash) }

    /// The value of a label, or nil where the label is absent. O(bytes).
    public subscript(name: String) -> String? {
        guard let range = valueRange(of: name) else { return nil }
        return String(decoding: packed[range], as: UTF8.self)
    }

    /// Where in ``packed`` the value of a label lies, or nil where the label is absent.
    public func valueRange(of name: String) -> Range<Int>? {
        var name = name
        return name.withUTF8 { wanted in
            packed.withUnsafeBufferPointer { bytes in
                var ranges = LabelRanges(packed)
                while let label = ranges.next() {
                    if label.name.count == wanted.count, bytes[label.name].elementsEqual(wanted) { return label.value }
                }
                return nil
            }
        }
    }

    /// The metric name (`__name__`), or nil.
    public var metricName: String? { self[LabelName.metricName] }

    /// The places of all labels in ``packed``, in order, without building strings.
    public var labelRanges: LabelRanges { LabelRanges(packed) }

    /// Reads one length-prefixed run; nil where the bytes end early or the length is absurd.
    @usableFromInline
    static func readRange(_ bytes: [UInt8], _ position: inout Int) -> Range<Int>? {
        var length = 0
        var shift = 0
        while true {
            guard position < bytes.count, shift <= 28 else { return nil }
            let byte = bytes[position]
            position += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length <= bytes.count - position else { return nil }
        let range = position..<position + length
        position += length
        return range
    }

    /// Appends one run with its length to canonical bytes under construction.
    @inlinable
    public static func appendRun(_ run: some Collection<UInt8>, to bytes: inout [UInt8]) {
        var length = UInt32(truncatingIfNeeded: run.count)
        while length >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: length))
        bytes.append(contentsOf: run)
    }
}

/// Names with a meaning of their own.
public enum LabelName {
    /// The metric name is the value of this label.
    public static let metricName = "__name__"
    /// The upper bound of a classic histogram's bucket.
    public static let bucketBound = "le"
    /// The quantile of a summary's series.
    public static let quantile = "quantile"
    /// The job that a target belongs to.
    public static let job = "job"
    /// The target's address as shown to people.
    public static let instance = "instance"
    /// What `__type__` and `__unit__` labels are called (feature `type-and-unit-labels`).
    public static let metricType = "__type__"
    public static let metricUnit = "__unit__"
}

/// Walks the labels of a packed label set as ranges into its bytes.
public struct LabelRanges: Sendable {
    @usableFromInline let packed: [UInt8]
    @usableFromInline var position = 0

    @inlinable
    init(_ packed: [UInt8]) { self.packed = packed }

    /// The next label's name and value as ranges into the packed bytes.
    @inlinable
    public mutating func next() -> (name: Range<Int>, value: Range<Int>)? {
        guard position < packed.count, let name = LabelSet.readRange(packed, &position),
            let value = LabelSet.readRange(packed, &position)
        else { return nil }
        return (name, value)
    }
}

/// Bytes that are no label set.
public struct LabelSetError: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: Sendable, Hashable { case truncated, emptyNameOrValue, notSorted }
    public let code: Code
    /// Offset of the label at fault.
    public let offset: Int

    public var description: String {
        switch code {
        case .truncated: "label set ends early in the label at byte \(offset)"
        case .emptyNameOrValue: "label with an empty name or value at byte \(offset)"
        case .notSorted: "labels out of order or doubled at byte \(offset)"
        }
    }
}
