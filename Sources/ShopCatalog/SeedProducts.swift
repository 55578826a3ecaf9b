internal import ShopKit

extension Product {
    /// What is in the catalog of a new shop: six products in each of four categories.
    static let seeds: [Product] = [
        Product(
            id: 1, name: "The Swallow's Year", description: "A field guide to birds of house and barn.", category: "books",
            price: Money(cents: 2490)),
        Product(id: 2, name: "Tides and Timetables", description: "How harbours keep time.", category: "books", price: Money(cents: 1850)),
        Product(
            id: 3, name: "Bread, Slowly", description: "Forty loaves and the reasons why.", category: "books", price: Money(cents: 2995)),
        Product(
            id: 4, name: "A Short History of Maps", description: "From clay to satellites.", category: "books", price: Money(cents: 1690)),
        Product(id: 5, name: "The Night Gardener", description: "A novel in twelve moons.", category: "books", price: Money(cents: 1299)),
        Product(id: 6, name: "Knots for Every Day", description: "Sixty that hold.", category: "books", price: Money(cents: 995)),
        Product(id: 7, name: "Cast-iron pan, 26 cm", description: "Heavy, and for life.", category: "kitchen", price: Money(cents: 4990)),
        Product(id: 8, name: "Chef's knife", description: "Carbon steel, 20 cm.", category: "kitchen", price: Money(cents: 7950)),
        Product(id: 9, name: "Enamel kettle", description: "Two litres, sky blue.", category: "kitchen", price: Money(cents: 3890)),
        Product(id: 10, name: "Oak chopping board", description: "Oiled, 40 by 28 cm.", category: "kitchen", price: Money(cents: 2750)),
        Product(id: 11, name: "Spice jars, six", description: "Glass with cork.", category: "kitchen", price: Money(cents: 1590)),
        Product(id: 12, name: "Linen tea towels, three", description: "Washed soft.", category: "kitchen", price: Money(cents: 1890)),
        Product(
            id: 13, name: "Watering can, 10 l", description: "Galvanised, with a brass rose.", category: "garden", price: Money(cents: 3450)
        ),
        Product(id: 14, name: "Hand trowel", description: "Ash handle.", category: "garden", price: Money(cents: 1690)),
        Product(
            id: 15, name: "Seed box, spring", description: "Twelve kinds for a small bed.", category: "garden", price: Money(cents: 2190)),
        Product(id: 16, name: "Bird feeder", description: "Larch, with a slate roof.", category: "garden", price: Money(cents: 2990)),
        Product(id: 17, name: "Twine, 100 m", description: "Jute, on a spool.", category: "garden", price: Money(cents: 590)),
        Product(id: 18, name: "Garden gloves", description: "Goatskin, three sizes.", category: "garden", price: Money(cents: 1990)),
        Product(
            id: 19, name: "Notebook, dotted", description: "A5, 192 pages that lie flat.", category: "office", price: Money(cents: 1450)),
        Product(id: 20, name: "Fountain pen", description: "Steel nib, takes cartridges.", category: "office", price: Money(cents: 2990)),
        Product(id: 21, name: "Desk lamp", description: "Warm light, three steps.", category: "office", price: Money(cents: 5990)),
        Product(id: 22, name: "Filing box, four", description: "Grey board.", category: "office", price: Money(cents: 1290)),
        Product(id: 23, name: "Paper scissors", description: "Forged, 21 cm.", category: "office", price: Money(cents: 1890)),
        Product(id: 24, name: "Wall calendar", description: "A month on a page.", category: "office", price: Money(cents: 1190)),
    ]
}
