internal import TelemetryModel

/// What is known of a column without its rows: everything but the numbers. `docs/storage-format.md` says how it is written.
struct ColumnOutline: Sendable {
    enum Owner: UInt8, Sendable { case text = 0, leaf, metadata }

    /// Where numbers of a row come from that follow from something else.
    enum Key: Sendable, Hashable {
        case none
        case stream
        /// A column of the same rows: its values, or its ids, decide.
        case column(Int)
    }

    enum Form: Sendable {
        /// Each value once, and for each row its place.
        case dictionary(values: PackedTexts, key: Key)
        /// For each row its pattern, and what its slots hold.
        case patterns([PatternOutline], key: Key)
        /// Text after text.
        case plain(TextBounds)
        /// As another column of the same rows.
        case copy(of: Int)
    }

    var owner: Owner
    /// Of structured metadata the name; of a leaf its keys as written, with a zero byte between.
    var name: [UInt8]
    var count: Int
    var form: Form
    /// The rows that it has values of: see ``BlockOutline/rowSets``.
    var rowSet = 0
    /// What its values have at most and how long they may be, where the outline has them all; found when it is read.
    var values = ValueBounds()

    /// Whether a name is that of the column. Names that are not UTF-8 are known by what they are read as.
    func isNamed(_ text: String) -> Bool { String(decoding: name, as: UTF8.self).utf8.elementsEqual(text.utf8) }
}

/// What some known texts have at most, and how long they are.
struct ValueBounds: Sendable {
    var bounds = TextBounds()
    var lengths = 0...0
    /// The longest run of letters and digits.
    var longestWord = 0

    init() {}

    init(_ texts: PackedTexts) {
        var least = texts.isEmpty ? 0 : Int.max
        texts.bytes.withUnsafeBytes { bytes in
            for index in 0..<texts.count {
                let range = texts.range(index)
                least = min(least, range.count)
                if let base = bytes.baseAddress { bounds.add(Run(base: base + range.lowerBound, count: range.count)) }
                longestWord = max(longestWord, ValueBounds.longestWord(bytes[range]))
            }
        }
        lengths = min(least, bounds.longest)...bounds.longest
    }

    private static func longestWord(_ text: Slice<UnsafeRawBufferPointer>) -> Int {
        var (longest, run) = (0, 0)
        for byte in text {
            run = TextCut.isWord(byte) ? run &+ 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}

/// What texts have in common that are alike but for what varies.
struct PatternOutline: Sendable {
    /// The text before each slot, and behind the last one.
    var literals: [[UInt8]]
    var slots: [SlotOutline]
}

/// What varies in a pattern.
struct SlotOutline: Sendable {
    enum Form: Sendable {
        /// Decimal numbers without zeros in front.
        case integers(ClosedRange<UInt64>)
        /// Decimal numbers of so many digits.
        case padded(digits: Int, ClosedRange<UInt64>)
        /// Decimal numbers with so many digits behind the point; nil where that varies, or the point is missing.
        case decimals(scale: Int?)
        /// So many hexadecimal digits, at most 32.
        case hexadecimal(HexForm)
        /// Times, less those of the entries.
        case time(TimeText.Form)
        case dictionary(values: PackedTexts)
        case plain(TextBounds)
    }

    var form: Form
    /// Where the value follows from a column of ids, which has as many rows.
    var keyColumn: Int?
    /// Of a dictionary, as in ``ColumnOutline/values``.
    var values = ValueBounds()
}

struct HexForm: Sendable, Hashable {
    /// 32 for UUIDs.
    var digits: Int
    var isUpper: Bool
    var isUUID: Bool
    /// How many there are, where each stands once, in the order of time; nil where they stand row by row.
    var distinct: Int?
    var hasFilter: Bool

    var bytes: Int { (digits + 1) / 2 }
    var textLength: Int { isUUID ? UUIDText.length : digits }
}

/// What some texts have at most.
struct TextBounds: Sendable, Hashable {
    /// The length of the longest.
    var longest = 0
    /// A bit for each byte that occurs.
    var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (left: TextBounds, right: TextBounds) -> Bool { left.longest == right.longest && left.bytes == right.bytes }

    func hash(into hasher: inout Hasher) { hasher.combine(longest) }

    mutating func add(_ text: Run) {
        longest = max(longest, text.count)
        for byte in text.bytes {
            let bit: UInt64 = 1 &<< UInt64(byte & 63)
            switch byte >> 6 {
            case 0: bytes.0 |= bit
            case 1: bytes.1 |= bit
            case 2: bytes.2 |= bit
            default: bytes.3 |= bit
            }
        }
    }

    /// Whether some text may have all of these bytes beside each other.
    func mayHave(_ text: ArraySlice<UInt8>) -> Bool {
        text.count <= longest
            && text.allSatisfy { byte in
                let word = byte >> 6 == 0 ? bytes.0 : byte >> 6 == 1 ? bytes.1 : byte >> 6 == 2 ? bytes.2 : bytes.3
                return word &>> UInt64(byte & 63) & 1 == 1
            }
    }
}
