using System.Text.Json;
using Troupe.Storage;

namespace Troupe.Tests.Storage;

/// <summary>Records for tests of the storage, plain unless a test says otherwise, and short ways to write and read them.</summary>
internal static class Samples
{
    public static DateTimeOffset Noon { get; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static SessionRecord Session(long number, string? id = null, string owner = "ann", string? title = null, int minute = 0, bool archived = false) => new()
    {
        Number = number,
        Id = id ?? $"s{number}",
        Owner = owner,
        Agent = "guide",
        Durability = Durability.Durable,
        Title = title,
        Archived = archived,
        CreatedAt = Noon,
        UpdatedAt = Noon.AddMinutes(minute),
    };

    public static StoreOperation Create(long number, string? id = null) => new StoreOperation.CreateSession(Session(number, id));

    public static Entry Entry(int seq, string text = "words") => new(seq, seq - 1, 0, EntryRole.User, Noon, text);

    public static StoreOperation Append(long session, params Entry[] entries) => new StoreOperation.AppendEntries(session, entries);

    public static TurnRecord Turn(long number, UInt128? key = null, TurnState state = TurnState.Running) =>
        new() { Number = number, Key = key, BodyHash = key, State = state, At = Noon };

    public static StoreOperation NewTurn(long session, TurnRecord turn, params Entry[] entries) =>
        new StoreOperation.WriteTurn(session, turn, IsNew: true, entries);

    public static StoreOperation ChangedTurn(long session, TurnRecord turn, params Entry[] entries) =>
        new StoreOperation.WriteTurn(session, turn, IsNew: false, entries);

    public static StoreOperation Together(params StoreOperation[] parts) => new StoreOperation.Together(parts);

    public static KeyRecord Key(string id, string owner = "ann") =>
        new() { Id = id, HashHex = "00ff", Owner = owner, Name = "a key", Scopes = ["chat"], CreatedAt = Noon };

    public static Receipt Receipt(UInt128 key, string owner = "ann", string made = "s1") =>
        new() { Owner = owner, Key = key, BodyHash = key + 1, Made = made, At = Noon };

    /// <summary>Commits the operations as one batch; an outcome per operation, null where it was written.</summary>
    public static Exception?[] Write(this IStore store, params IReadOnlyList<StoreOperation> operations)
    {
        // What was there before must not be taken for an outcome.
        var outcomes = Enumerable.Repeat<Exception?>(new InvalidOperationException("no outcome was given"), operations.Count).ToArray();
        store.Commit(operations, outcomes);
        return outcomes;
    }

    public static async Task<StoredSession?> LoadAsync(this IStore store, string id) => await store.LoadSessionAsync(id, Limits.Token);

    public static async Task<IReadOnlyList<string>> ListAsync(this IStore store, SessionQuery query) =>
        [.. (await store.ListSessionsAsync(query, Limits.Token)).Select(s => s.Id)];

    public static async Task<Receipt?> ReceiptAsync(this IStore store, UInt128 key, string owner = "ann") =>
        await store.FindReceiptAsync(owner, key, Limits.Token);

    /// <summary>Everything a store knows, as text that can be compared and read. Receipts are asked for one by one.</summary>
    public static async Task<string> DescribeAsync(this IStore store, IEnumerable<(string Owner, UInt128 Key)>? receipts = null)
    {
        var lines = new List<string>();
        foreach (var session in await store.ListSessionsAsync(new SessionQuery { Archived = true, Limit = 200 }, Limits.Token))
        {
            lines.Add(JsonSerializer.Serialize(await store.LoadAsync(session.Id)));
        }

        foreach (var key in (await store.ReadKeysAsync(Limits.Token)).OrderBy(k => k.Id, StringComparer.Ordinal))
        {
            lines.Add(JsonSerializer.Serialize(key));
        }

        foreach (var (owner, key) in receipts ?? [])
        {
            lines.Add(JsonSerializer.Serialize(await store.ReceiptAsync(key, owner)));
        }

        return string.Join('\n', lines);
    }
}
