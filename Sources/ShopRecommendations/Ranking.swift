/// Which products to recommend beside one: first what others bought with it, most often first; then what is of the same category; then the
/// rest. Nothing twice, nothing that is not in stock, and not the product itself.
struct Ranking: Sendable {
    /// How often each product was bought by people who bought the one in question.
    var boughtTogether: [Int: Int]

    func products(beside product: Int, of catalog: [Product], limit: Int) -> [Product] {
        let category = catalog.first { $0.id == product }?.category
        let candidates = catalog.filter { $0.id != product && $0.inStock }
        let ranked = candidates.sorted { left, right in
            let (first, second) = (boughtTogether[left.id] ?? 0, boughtTogether[right.id] ?? 0)
            if first != second { return first > second }
            if (left.category == category) != (right.category == category) { return left.category == category }
            return left.id < right.id
        }
        return Array(ranked.prefix(max(0, limit)))
    }
}
