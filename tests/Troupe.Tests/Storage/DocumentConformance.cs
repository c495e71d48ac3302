using Troupe.Sqlite;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

/// <summary>What every store must do with documents.</summary>
public sealed class DocumentConformance
{
    public static TheoryData<bool> Stores { get; } = [true, false];

    [Theory, MemberData(nameof(Stores))]
    public async Task Only_who_knows_the_newest_version_changes_a_document(bool sqlite)
    {
        using var folder = new TempFolder();
        await using var store = Open(sqlite, folder);
        var first = Make("a");
        Assert.Null(store.Write(new StoreOperation.PutDocument(first))[0]);
        Assert.Equal("document_changed", Code(store.Write(new StoreOperation.PutDocument(first))));
        Assert.Null(store.Write(new StoreOperation.PutDocument(first.Next("{\"n\":2}", Noon.AddMinutes(1))))[0]);
        Assert.Equal("document_changed", Code(store.Write(new StoreOperation.PutDocument(first.Next("{\"n\":3}", Noon)))));
        Assert.Equal("document_changed", Code(store.Write(new StoreOperation.PutDocument(Make("b") with { Version = 2 }))));
        Assert.Equal("document_too_large", Code(store.Write(new StoreOperation.PutDocument(Make("c") with { Body = new string('x', Document.MaxBodyLength + 1) }))));

        // What fails together leaves nothing of either.
        Assert.Equal("document_changed", Code(store.Write(Together(new StoreOperation.PutDocument(Make("d")), new StoreOperation.PutDocument(first)))));
        Assert.Equal([first.Next("{\"n\":2}", Noon.AddMinutes(1))], await ReadAsync(store, new DocumentQuery("thing")));
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Documents_are_found_by_owner_id_and_link_from_the_last_to_the_first(bool sqlite)
    {
        using var folder = new TempFolder();
        await using var store = Open(sqlite, folder);
        Assert.All(store.Write(
            new StoreOperation.PutDocument(Make("a", link: "x")), new StoreOperation.PutDocument(Make("b", "bob", "x")), new StoreOperation.PutDocument(Make("c")),
            new StoreOperation.PutDocument(Make("c") with { Kind = "other" })), Assert.Null);
        Assert.Equal(["c", "b", "a"], await IdsAsync(new DocumentQuery("thing")));
        Assert.Equal(["c", "a"], await IdsAsync(new DocumentQuery("thing") { Owner = "ann" }));
        Assert.Equal(["b", "a"], await IdsAsync(new DocumentQuery("thing") { Link = "x" }));
        Assert.Equal(["b"], await IdsAsync(new DocumentQuery("thing") { Id = "b" }));
        Assert.Equal(["b"], await IdsAsync(new DocumentQuery("thing") { Before = "c", Limit = 1 }));
        Assert.All(store.Write(new StoreOperation.DeleteDocument("thing", "ann", "c"), new StoreOperation.DeleteDocument("thing", "ann", "gone")), Assert.Null);
        Assert.Equal(["b", "a"], await IdsAsync(new DocumentQuery("thing")));

        async Task<IEnumerable<string>> IdsAsync(DocumentQuery query) => (await ReadAsync(store, query)).Select(d => d.Id);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task A_document_of_a_session_goes_with_it(bool sqlite)
    {
        using var folder = new TempFolder();
        await using var store = Open(sqlite, folder);
        Assert.All(store.Write(Create(1), new StoreOperation.PutDocument(Make("s1")), new StoreOperation.PutDocument(Make("s1", "bob")), new StoreOperation.PutDocument(Make("s2"))), Assert.Null);
        Assert.All(store.Write(new StoreOperation.DeleteSession(1)), Assert.Null);
        Assert.Equal([("s2", "ann"), ("s1", "bob")], (await ReadAsync(store, new DocumentQuery("thing"))).Select(d => (d.Id, d.Owner)));
    }

    private static IStore Open(bool sqlite, TempFolder folder) => sqlite ? SqliteStore.Open(new SqliteOptions { Folder = folder.Path }) : new MemoryStore();

    private static Document Make(string id, string owner = "ann", string? link = null) => new() { Kind = "thing", Owner = owner, Id = id, Link = link, Body = "{}", UpdatedAt = Noon };

    private static string? Code(Exception?[] outcomes) => (outcomes[0] as TroupeException)?.Code;

    private static async Task<IReadOnlyList<Document>> ReadAsync(IStore store, DocumentQuery query) => await store.ReadDocumentsAsync(query, Limits.Token);
}
