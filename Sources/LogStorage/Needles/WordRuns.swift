/// The longest runs of letters and digits that a text made of pieces may have. A needle that is one long word, such as an id, lies within few columns.
struct WordRuns {
    private(set) var longest = 0
    /// The longest that is not within one piece that varies.
    private(set) var longestAcross = 0
    /// The longest that may reach the end of what was appended.
    private var trailing = 0

    mutating func append(_ text: [UInt8]) {
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, TextCut.isWord(text[end]) { end &+= 1 }
            if end > start {
                let run = start == 0 ? trailing + end : end &- start
                longest = max(longest, run)
                longestAcross = max(longestAcross, run)
                if end == text.count {
                    trailing = run
                    return
                }
            }
            start = end &+ 1
        }
        if !text.isEmpty { trailing = 0 }
    }

    /// Appends something that varies, with runs of at most so many letters and digits.
    mutating func append(varying most: Int) {
        let run = trailing + most
        if trailing > 0, most > 0 { longestAcross = max(longestAcross, run) }
        longest = max(longest, run)
        trailing = run
    }
}

/// How long runs of letters and digits may be in a block.
struct OutlineWords: Sendable {
    /// In the values of each column.
    private(set) var columns: [Int] = []
    /// In lines with a shape, where they are not within one value.
    private(set) var across = 0

    init() {}

    init(_ outline: BlockOutline) {
        columns = outline.columns.map { column in
            switch column.form {
            case .dictionary: column.values.longestWord
            case .plain(let bounds): bounds.longest
            case .copy: 0
            case .patterns(let patterns, _): patterns.reduce(0) { max($0, $1.longestWord) }
            }
        }
        for (number, column) in outline.columns.enumerated() { if case .copy(let other) = column.form { columns[number] = columns[other] } }
        for shape in outline.shapes {
            var runs = WordRuns()
            for (literal, column) in zip(shape.literals, shape.columns) {
                runs.append(literal)
                runs.append(varying: columns[Int(column)])
            }
            runs.append(shape.literals.last ?? [])
            across = max(across, runs.longestAcross)
        }
    }
}

extension PatternOutline {
    fileprivate var longestWord: Int {
        var runs = WordRuns()
        for (literal, slot) in zip(literals, slots) {
            runs.append(literal)
            runs.append(varying: slot.longestWord)
        }
        runs.append(literals.last ?? [])
        return runs.longest
    }
}

extension SlotOutline {
    fileprivate var longestWord: Int {
        switch form {
        case .integers, .padded, .hexadecimal, .plain: lengths.upperBound
        // A number of 64 bits on either side of the point; parts of times are numbers as well.
        case .decimals, .time: 20
        case .dictionary: values.longestWord
        }
    }
}
