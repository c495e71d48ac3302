using System.Globalization;
using Troupe.Sqlite;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

/// <summary>Random batches against SQLite and against the store in memory: both give the same outcomes and hold the same things, always.
/// TROUPE_TEST_SEED replays one seed.</summary>
public sealed class StoreModelTests
{
    private const int Batches = 60;
    private const int BatchesBetweenOpenings = 12;

    private static readonly string[] Texts = ["", "word", "WORD", "Ärger", "ärger", "100%", "a_b", @"c:\", "😀 e\u0301", new('x', 5000), "it's", " "];
    private static readonly string[] Owners = ["ann", "bob", "Ann"];
    private static readonly (string Owner, UInt128 Key)[] ReceiptKeys = [.. from owner in Owners from key in Enumerable.Range(0, 4) select (owner, (UInt128)key)];

    public static TheoryData<int> Seeds
    {
        get
        {
            if (Environment.GetEnvironmentVariable("TROUPE_TEST_SEED") is { Length: > 0 } text)
            {
                return [int.Parse(text, CultureInfo.InvariantCulture)];
            }

            return [1, 2, 3, 4, 5, 6, 7, 8, Random.Shared.Next()];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds), DisableDiscoveryEnumeration = true)]
    public async Task Sqlite_does_what_the_model_does(int seed)
    {
        using var folder = new TempFolder();
        await using var model = new MemoryStore();
        var sqlite = SqliteStore.Open(new SqliteOptions { Folder = folder.Path });
        try
        {
            var writer = new Writer(new Random(seed));
            var (written, refused) = (0, 0);
            for (var batch = 0; batch < Batches; batch++)
            {
                var operations = writer.NextBatch(model.NextNumber);
                var expected = model.Write(operations);
                var actual = sqlite.Write(operations);
                written += expected.Count(o => o is null);
                refused += expected.Count(o => o is not null);
                var where = $"seed {seed}, batch {batch}";
                Assert.True(
                    expected.Select(o => o is null).SequenceEqual(actual.Select(o => o is null)),
                    $"{where}: outcomes differ\n{string.Join('\n', operations.Select((o, i) => $"{o}\n  model: {expected[i]?.Message}\n  SQLite: {actual[i]?.Message}"))}");
                if (batch % BatchesBetweenOpenings == BatchesBetweenOpenings - 1)
                {
                    await sqlite.DisposeAsync();
                    sqlite = SqliteStore.Open(new SqliteOptions { Folder = folder.Path });
                }

                AssertSame(await model.DescribeAsync(ReceiptKeys), await sqlite.DescribeAsync(ReceiptKeys), where);
                for (var i = 0; i < 4; i++)
                {
                    var query = writer.NextQuery();
                    AssertSame(string.Join(' ', await model.ListAsync(query)), string.Join(' ', await sqlite.ListAsync(query)), $"{where}, {query}");
                    if (query.Text is { Length: > 0 } text)
                    {
                        AssertSame(string.Join(' ', await FoundAsync(model, query, text)), string.Join(' ', await FoundAsync(sqlite, query, text)), $"{where}, {query}");
                    }
                }
            }

            Assert.True(written > Batches && refused > Batches / 2, $"Seed {seed} wrote {written} and refused {refused}; the test shows less than it should.");
        }
        finally
        {
            await sqlite.DisposeAsync();
        }
    }

    private static async Task<IEnumerable<FoundEntry>> FoundAsync(IStore store, SessionQuery query, string text) => await store.FindEntriesAsync(
        [.. (await store.ListSessionsAsync(query, Limits.Token)).Select(s => s.Number)], new SearchPhrase(text), Limits.Token);

    private static void AssertSame(string model, string sqlite, string where) => Assert.True(model == sqlite, $"{where}: the stores differ\nmodel:  {model}\nSQLite: {sqlite}");

    /// <summary>Makes operations, most of which succeed; it need not know which.</summary>
    private sealed class Writer(Random random)
    {
        private readonly List<(long Number, string Id)> _sessions = [];
        private readonly Dictionary<long, int> _entries = [];
        private readonly Dictionary<long, List<TurnRecord>> _turns = [];
        private Func<long> _nextNumber = null!;

        public IReadOnlyList<StoreOperation> NextBatch(Func<long> nextNumber)
        {
            _nextNumber = nextNumber;
            return [.. Enumerable.Range(0, random.Next(0, 13)).Select(_ => Next(depth: 0))];
        }

        public SessionQuery NextQuery() => new()
        {
            Owner = Maybe(Pick(Owners)),
            Text = Maybe(Pick(Texts)),
            Before = random.Next(3) == 0 && _sessions.Count > 0 ? Pick(_sessions).Id : null,
            Limit = random.Next(1, 8),
            Archived = random.Next(2) == 0,
        };

        private StoreOperation Next(int depth)
        {
            var kind = _sessions.Count == 0 ? 0 : random.Next(100);
            switch (kind)
            {
                case < 12:
                    return Create();

                case < 20:
                    var (number, id) = Pick(_sessions);
                    return new StoreOperation.UpdateSession(Row(number, id));

                case < 23:
                    return new StoreOperation.DeleteSession(Pick(_sessions).Number);

                case < 28:
                    var erased = Pick(_sessions).Number;
                    return new StoreOperation.EraseEntries(erased, [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(1, _entries.GetValueOrDefault(erased) + 2))]);

                case < 50:
                    return NewTurn();

                case < 62:
                    return ChangedTurn();

                case < 78:
                    var session = Pick(_sessions).Number;
                    return new StoreOperation.AppendEntries(session, Entries(session, random.Next(1, 4)));

                case < 82:
                    return new StoreOperation.PutKey(Key($"k{random.Next(3)}", Pick(Owners)) with { Name = Pick(Texts), RequestsPerMinute = random.Next(3) });

                case < 88:
                    var (owner, key) = Pick(ReceiptKeys);
                    return new StoreOperation.PutReceipt(Receipt(key, owner, _sessions.Count > 0 ? Pick(_sessions).Id : "x") with { At = Time() });

                default:
                    return depth > 1 ? Create() : new StoreOperation.Together([.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Next(depth + 1))]);
            }
        }

        private StoreOperation.CreateSession Create()
        {
            var number = _nextNumber();
            var id = $"s{number}";
            if (_sessions.Count > 0 && random.Next(6) == 0)
            {
                // Taken, or free again after a deletion.
                (var taken, id) = Pick(_sessions);
                number = random.Next(4) == 0 ? taken : number;
            }

            _sessions.Add((number, id));
            _entries[number] = 0;
            if (_sessions.Count > 8)
            {
                _sessions.RemoveAt(0);
            }

            return new StoreOperation.CreateSession(Row(number, id));
        }

        private StoreOperation.WriteTurn NewTurn()
        {
            var session = Pick(_sessions).Number;
            var turns = TurnsOf(session);
            var turn = Turn(random.Next(12) == 0 && turns.Count > 0 ? Pick(turns).Number : _nextNumber());
            turns.Add(turn);
            return new StoreOperation.WriteTurn(session, turn, IsNew: true, Entries(session, random.Next(0, 4)));
        }

        private StoreOperation.WriteTurn ChangedTurn()
        {
            var session = Pick(_sessions).Number;
            var turns = TurnsOf(random.Next(10) == 0 ? Pick(_sessions).Number : session);
            var turn = Turn(random.Next(12) == 0 || turns.Count == 0 ? _nextNumber() : Pick(turns).Number);
            return new StoreOperation.WriteTurn(session, turn, IsNew: false, Entries(session, random.Next(0, 3)));
        }

        private List<TurnRecord> TurnsOf(long session) => _turns.TryGetValue(session, out var turns) ? turns : _turns[session] = [];

        private TurnRecord Turn(long number) => new()
        {
            Number = number,
            Key = random.Next(3) == 0 ? (UInt128)random.Next(6) : null,
            BodyHash = random.Next(3) == 0 ? UInt128.MaxValue - (UInt128)random.Next(6) : null,
            State = (TurnState)random.Next(1, 9),
            Epoch = random.Next(),
            Input = Maybe(Pick(Texts)),
            RequestedParent = random.Next(2) == 0 ? random.Next() : null,
            Model = Maybe(Pick(Texts)),
            UserSeq = random.Next(),
            ReplySeq = random.Next(),
            InputTokens = random.NextInt64(),
            OutputTokens = random.NextInt64(),
            Cached = random.Next(2) == 0,
            Error = Maybe(Pick(Texts)),
            MergedInto = random.NextInt64(),
            At = Time(),
        };

        /// <summary>Entries that follow what the session should have, but for some that repeat a seq or leave a gap.</summary>
        private List<Entry> Entries(long session, int count)
        {
            var seq = _entries.GetValueOrDefault(session) + (random.Next(12) == 0 ? random.Next(-1, 2) : 0);
            List<Entry> entries = [];
            for (var i = 0; i < count; i++)
            {
                seq += random.Next(30) == 0 ? random.Next(0, 3) : 1;
                entries.Add(new Entry(seq, random.Next(), random.NextInt64(), (EntryRole)random.Next(1, 8), Time(), Pick(Texts), Maybe(Pick(Texts))));
            }

            // Every now and then it finds out what is true, or else one refusal would be followed by nothing else.
            _entries[session] = random.Next(8) == 0 ? Math.Max(0, seq - count) : seq;
            return entries;
        }

        private SessionRecord Row(long number, string id) => new()
        {
            Number = number,
            Id = id,
            Owner = Pick(Owners),
            Agent = Pick(Texts),
            Durability = (Durability)random.Next(1, 3),
            Title = Maybe(Pick(Texts)),
            Archived = random.Next(4) == 0,
            Head = random.Next(),
            HeadAfter = random.Next(),
            CreatedAt = Time(),
            UpdatedAt = Noon.AddMilliseconds(random.Next(4)),
        };

        // Within an hour, so that no receipt grows old.
        private DateTimeOffset Time() => Noon.AddMilliseconds(random.Next(3_600_000));

        private string? Maybe(string text) => random.Next(2) == 0 ? text : null;

        private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];
    }
}
