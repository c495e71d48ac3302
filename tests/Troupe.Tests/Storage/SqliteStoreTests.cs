using Troupe.Sqlite;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

public sealed class SqliteStoreTests : StoreConformance
{
    private readonly TempFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_search_whose_caller_leaves_ends_and_harms_no_other()
    {
        var text = string.Concat(Enumerable.Repeat("some words and ", 5000));
        for (var n = 1; n <= 40; n++)
        {
            AllWritten(Store.Write(Create(n), Append(n, [.. Enumerable.Range(1, 10).Select(seq => Entry(seq, text))])));
        }

        for (var round = 0; round < 20; round++)
        {
            using var leave = new CancellationTokenSource();
            var search = Task.Run(() => Store.ListSessionsAsync(new SessionQuery { Owner = "ann", Text = "nothing like it" }, leave.Token).AsTask(), Limits.Token);
            await Task.Yield();
            await leave.CancelAsync();
            var failure = await Record.ExceptionAsync(() => search.Soon());
            Assert.True(failure is null or OperationCanceledException, $"{failure}");
            Assert.Equal(40, (await Store.ListAsync(new SessionQuery { Text = "and some", Limit = 200 })).Count);
        }
    }

    private protected override Task<IStore> OpenAsync() => Task.FromResult<IStore>(SqliteStore.Open(new SqliteOptions { Folder = _folder.Path }));
}
