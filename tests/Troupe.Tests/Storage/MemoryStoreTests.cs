using Troupe.Storage;

namespace Troupe.Tests.Storage;

public sealed class MemoryStoreTests : StoreConformance
{
    private protected override Task<IStore> OpenAsync() => Task.FromResult<IStore>(new MemoryStore());

    // It lasts as long as the process; there is nothing to open again.
    private protected override Task ReopenAsync() => Task.CompletedTask;
}
