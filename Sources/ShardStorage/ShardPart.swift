/// A part of a page: a row of its own, so that it is read without the rest of the page.
enum ShardPart {
    private static let numbersPerPage: Int64 = 1 << 17

    /// The key of a part's row.
    ///
    /// - Precondition: the number is 0 to 65,536.
    static func id(_ number: Int, ofPage page: Int64) -> Int64 { page * numbersPerPage + Int64(number) }

    /// Deletes the parts of pages that a query gives the numbers of.
    static func deletion(ofPages pages: String) -> String {
        "DELETE FROM part WHERE id / \(numbersPerPage) IN (\(pages))"
    }
}
