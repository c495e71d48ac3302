using Troupe.Sqlite;
using Troupe.Storage;

namespace Troupe.Tests.Storage;

public sealed class SqliteStoreTests : StoreConformance
{
    private readonly TempFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private protected override Task<IStore> OpenAsync() => Task.FromResult<IStore>(SqliteStore.Open(new SqliteOptions { Folder = _folder.Path }));
}
