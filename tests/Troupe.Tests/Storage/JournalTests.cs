using System.Diagnostics.CodeAnalysis;
using Troupe.Storage;
using static Troupe.Tests.Storage.Samples;

namespace Troupe.Tests.Storage;

[SuppressMessage("Security", "CA5394", Justification = "A seed must give the same run again; nothing is kept secret by it.")]
public sealed class JournalTests : IAsyncDisposable
{
    private readonly GatedStore _store = new();
    private readonly ManualTime _time = new();
    private readonly List<Journal> _journals = [];

    public async ValueTask DisposeAsync()
    {
        _store.Decide = static (_, _) => { };
        foreach (var journal in _journals)
        {
            await journal.DisposeAsync();
        }
    }

    [Fact]
    public void The_bounds_are_what_the_design_says()
    {
        var options = new JournalOptions();

        Assert.Equal((4096, 32L << 20, 16_384, 256, 1L << 20), (options.MaxOperations, options.MaxBytes, options.MaxTurns, options.MaxBatchOperations, options.MaxBatchBytes));
        Assert.Equal((5, 5, 20), (options.RoomTimeout.TotalSeconds, options.SaveInterval.TotalSeconds, options.DrainTimeout.TotalSeconds));
    }

    [Fact]
    public void Bounds_that_make_no_sense_are_refused()
    {
        JournalOptions[] wrong =
        [
            new() { MaxOperations = 0 }, new() { MaxOperations = 1_000_001 }, new() { MaxBytes = 65_535 }, new() { MaxTurns = 0 }, new() { MaxBatchOperations = 0 },
            new() { MaxBatchOperations = int.MaxValue }, new() { MaxBatchBytes = 0 }, new() { RoomTimeout = TimeSpan.FromTicks(-1) }, new() { SaveInterval = TimeSpan.Zero },
            new() { DrainTimeout = TimeSpan.FromTicks(-1) },
        ];

        Assert.All(wrong, o => Assert.Equal("option_out_of_range", Assert.Throws<TroupeException>(() => new Journal(_store, o)).Code));
    }

    [Fact]
    public async Task What_comes_while_the_store_is_busy_is_one_batch_in_order()
    {
        var journal = Start();
        var first = journal.WriteAsync(Create(1));
        var busy = await _store.NextAsync();
        var rest = Enumerable.Range(2, 100).Select(n => journal.WriteAsync(Create(n))).ToList();

        busy.Succeed();
        var batch = await _store.NextAsync();

        Assert.Equal([1], busy.Sessions);
        Assert.Equal(Enumerable.Range(2, 100).Select(n => (long)n), batch.Sessions);
        await first.Soon();
        Assert.All(rest, t => Assert.False(t.IsCompleted));
        batch.Succeed();
        await Task.WhenAll(rest).Soon();
    }

    [Fact]
    public async Task A_transaction_takes_at_most_256_operations()
    {
        var journal = Start();
        var writes = new List<Task> { journal.WriteAsync(Create(1)) };
        var busy = await _store.NextAsync();
        writes.AddRange(Enumerable.Range(2, 600).Select(n => journal.WriteAsync(Create(n))));
        busy.Succeed();

        var sizes = new List<int>();
        var order = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            var batch = await _store.NextAsync();
            sizes.Add(batch.Operations.Count);
            order.AddRange(batch.Sessions);
            batch.Succeed();
        }

        await Task.WhenAll(writes).Soon();
        Assert.Equal([256, 256, 88], sizes);
        Assert.Equal(Enumerable.Range(2, 600).Select(n => (long)n), order);
    }

    [Fact]
    public async Task A_transaction_takes_at_most_a_MiB_or_one_operation()
    {
        var journal = Start();
        var writes = new List<Task> { journal.WriteAsync(Create(1)) };
        var busy = await _store.NextAsync();
        int[] thousands = [200, 200, 100, 100, 600, 10, 10];
        writes.AddRange(thousands.Select((n, i) => journal.WriteAsync(Append(i + 2, Entry(1, new string('x', n * 1000))))));
        busy.Succeed();

        var sessions = new List<long[]>();
        for (var i = 0; i < 4; i++)
        {
            var batch = await _store.NextAsync();
            sessions.Add([.. batch.Sessions]);
            batch.Succeed();
        }

        // Two bytes a character: the first three together have a million bytes, and the fifth is more than a transaction by itself.
        await Task.WhenAll(writes).Soon();
        Assert.Equal([[2, 3, 4], [5], [6], [7, 8]], sessions);
    }

    [Fact]
    public async Task Callers_wait_for_room_and_come_in_order()
    {
        var journal = Start(new JournalOptions { MaxOperations = 2 });
        var first = journal.WriteAsync(Create(1));
        var busy = await _store.NextAsync();
        var second = journal.WriteAsync(Create(2));
        var third = journal.ReserveAsync(10).AsTask();
        var fourth = journal.WriteAsync(Create(4));
        Assert.False(third.IsCompleted);

        busy.Succeed();
        await first.Soon();
        var room = await third.Soon();
        (await _store.NextAsync()).Succeed();
        await second.Soon();

        // The fourth takes the second's place; the third still holds its own.
        var batch = await _store.NextAsync();
        Assert.Equal([4], batch.Sessions);
        batch.Succeed();
        await fourth.Soon();
        room.Dispose();
    }

    [Fact]
    public async Task Who_waits_too_long_for_room_is_told_when_to_come_again()
    {
        var journal = Start(new JournalOptions { MaxOperations = 1 });
        using var room = await journal.ReserveAsync(10);
        var late = journal.ReserveAsync(10).AsTask();
        var lateWrite = journal.WriteAsync(Create(2));

        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.False(late.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        foreach (var task in new[] { late, lateWrite })
        {
            var refused = await Assert.ThrowsAsync<TroupeException>(() => task.Soon());
            Assert.Equal((ErrorKind.Unavailable, "journal_full"), (refused.Kind, refused.Code));
            Assert.True(refused.RetryAfter > TimeSpan.Zero);
        }

        room.Dispose();
        (await journal.ReserveAsync(10).AsTask().Soon()).Dispose();
    }

    [Fact]
    public async Task No_more_may_wait_for_room_than_may_be_in_it()
    {
        var journal = Start(new JournalOptions { MaxOperations = 2 });
        using var one = await journal.ReserveAsync(10);
        using var two = await journal.ReserveAsync(10);
        var waiting = new[] { journal.ReserveAsync(10).AsTask(), journal.ReserveAsync(10).AsTask() };

        Assert.Equal("journal_full", (await Assert.ThrowsAsync<TroupeException>(async () => await journal.ReserveAsync(10))).Code);

        one.Dispose();
        two.Dispose();
        foreach (var room in await Task.WhenAll(waiting).Soon())
        {
            room.Dispose();
        }
    }

    [Fact]
    public async Task Bytes_are_bounded_and_one_larger_than_the_bound_goes_alone()
    {
        var journal = Start(new JournalOptions { MaxBytes = 65_536 });
        using var one = await journal.ReserveAsync(65_000);
        var large = journal.ReserveAsync(100_000).AsTask();
        var small = journal.ReserveAsync(1).AsTask();

        // The small one would fit, but it came later.
        Assert.False(small.IsCompleted);
        one.Dispose();
        using var two = await large.Soon();
        Assert.False(small.IsCompleted);
        two.Dispose();
        (await small.Soon()).Dispose();
    }

    [Fact]
    public async Task Turns_are_bounded_until_their_room_is_disposed()
    {
        var journal = Start(new JournalOptions { MaxTurns = 1 });
        var room = await journal.ReserveAsync(10);
        var done = new TaskCompletionSource<Exception?>();
        journal.Append(Append(1, Entry(1)), new SessionFence(), room, deferred: false, done.SetResult);
        (await _store.NextAsync()).Succeed();
        Assert.Null(await done.Task.Soon());
        var next = journal.ReserveAsync(10).AsTask();
        Assert.False(next.IsCompleted);

        room.Dispose();
        room.Dispose();

        using var second = await next.Soon();
        Assert.Equal(1, journal.Statistics.Turns);
    }

    [Fact]
    public async Task A_caller_that_leaves_frees_its_place_in_the_line()
    {
        var journal = Start(new JournalOptions { MaxBytes = 65_536 });
        using var one = await journal.ReserveAsync(60_000);
        using var leaving = new CancellationTokenSource();
        var large = journal.ReserveAsync(60_000, leaving.Token).AsTask();
        var small = journal.ReserveAsync(10).AsTask();
        Assert.False(small.IsCompleted);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large.Soon());
        (await small.Soon()).Dispose();
    }

    [Fact]
    public async Task A_reply_is_never_refused_when_the_journal_is_full()
    {
        var journal = Start(new JournalOptions { MaxOperations = 2, RoomTimeout = TimeSpan.Zero });
        var rooms = new[] { await journal.ReserveAsync(10), await journal.ReserveAsync(10) };
        var done = new List<Task<Exception?>>();
        for (var seq = 1; seq <= 20; seq++)
        {
            done.AddRange(rooms.Select((room, i) => AppendAsync(journal, Append(i + 1, Entry(seq)), room)));
        }

        Assert.Equal("journal_full", (await Assert.ThrowsAsync<TroupeException>(() => journal.WriteAsync(Create(9)))).Code);
        var busy = await _store.NextAsync();
        _store.Decide = static (_, _) => { };
        busy.Succeed();

        Assert.All(await Task.WhenAll(done).Soon(), Assert.Null);
        Array.ForEach(rooms, r => r.Dispose());
        await journal.WriteAsync(Create(9)).Soon();
    }

    [Fact]
    public async Task Operations_of_no_weight_give_their_place_back()
    {
        _store.Decide = static (_, _) => { };
        var journal = Start(new JournalOptions { MaxOperations = 1, RoomTimeout = TimeSpan.Zero });

        for (var i = 0; i < 10; i++)
        {
            await journal.WriteAsync(Together()).Soon();
        }
    }

    [Fact]
    public async Task After_a_failure_the_sessions_queued_operations_fail_and_the_others_succeed()
    {
        var journal = Start(new JournalOptions { MaxBatchOperations = 2 });
        var fences = new[] { new SessionFence(), new SessionFence() };
        using var room = await journal.ReserveAsync(10);
        var first = AppendAsync(journal, Append(1, Entry(1)), room, fences[0]);
        var busy = await _store.NextAsync();
        var one = new[] { AppendAsync(journal, Append(1, Entry(2)), room, fences[0]), AppendAsync(journal, Append(1, Entry(3)), room, fences[0], deferred: true) };
        var two = new[] { AppendAsync(journal, Append(2, Entry(1)), room, fences[1]), AppendAsync(journal, Append(2, Entry(2)), room, fences[1]) };
        var foreign = journal.WriteAsync(Create(3));

        busy.Refuse(0);
        var batch = await _store.NextAsync();
        batch.Succeed();
        var last = await _store.NextAsync();
        last.Succeed();
        journal.Flush();

        Assert.Equal([2, 2], batch.Sessions);
        Assert.Equal([3], last.Sessions);
        var refused = Assert.IsType<TroupeException>(await first.Soon());
        Assert.Equal((ErrorKind.Conflict, "write_refused"), (refused.Kind, refused.Code));
        Assert.All(await Task.WhenAll(one).Soon(), f => Assert.Equal("session_fenced", Assert.IsType<TroupeException>(f).Code));
        Assert.All(await Task.WhenAll(two).Soon(), Assert.Null);
        await foreign.Soon();
        Assert.NotNull(fences[0].Cause);
        Assert.Null(fences[1].Cause);

        // And what comes later, until the session is loaded anew with a fence of its own.
        Assert.NotNull(await AppendAsync(journal, Append(1, Entry(2)), room, fences[0]).Soon());
        var anew = AppendAsync(journal, Append(1, Entry(1)), room);
        (await _store.NextAsync()).Succeed();
        Assert.Null(await anew.Soon());
    }

    [Fact]
    public async Task On_a_full_disk_who_waits_is_told_and_what_is_batched_is_kept_for_the_next_save()
    {
        var journal = Start();
        using var room = await journal.ReserveAsync(10);
        var batched = new[] { AppendAsync(journal, Append(1, Entry(1)), room, deferred: true), AppendAsync(journal, Append(2, Entry(1)), room, deferred: true) };
        journal.Flush();
        var batch = await _store.NextAsync();
        var waiting = journal.WriteAsync(Create(3));
        var more = AppendAsync(journal, Append(4, Entry(1)), room, deferred: true);
        batch.Fail(Full());

        batch = await _store.NextAsync();
        Assert.Equal([3], batch.Sessions);
        batch.Fail(Full());
        Assert.Equal("store_full", (await Assert.ThrowsAsync<TroupeException>(() => waiting.Soon())).Code);
        Assert.All(batched.Append(more), t => Assert.False(t.IsCompleted));
        Assert.Equal((0, 3), (journal.Statistics.Waiting, journal.Statistics.Deferred));

        _time.Advance(TimeSpan.FromSeconds(5));
        batch = await _store.NextAsync();
        Assert.Equal([1, 2, 4], batch.Sessions);
        batch.Succeed();
        Assert.All(await Task.WhenAll([.. batched, more]).Soon(), Assert.Null);
        Assert.False(journal.Faulted.IsCompleted);
    }

    [Fact]
    public async Task On_a_full_disk_nothing_overtakes_what_is_kept_of_its_session()
    {
        var journal = Start();
        using var room = await journal.ReserveAsync(10);
        var fence = new SessionFence();
        var kept = AppendAsync(journal, Append(1, Entry(1)), room, fence, deferred: true);
        journal.Flush();
        var batch = await _store.NextAsync();
        var behind = AppendAsync(journal, Append(1, Entry(2)), room, fence);
        var other = journal.WriteAsync(Create(2));
        batch.Fail(Full());

        batch = await _store.NextAsync();
        Assert.Equal([2], batch.Sessions);
        batch.Succeed();
        await other.Soon();
        journal.Flush();
        batch = await _store.NextAsync();
        Assert.Equal([1, 2], batch.Operations.Select(o => Assert.IsType<StoreOperation.AppendEntries>(o).Entries[0].Seq));
        batch.Succeed();
        Assert.All(await Task.WhenAll(kept, behind).Soon(), Assert.Null);
    }

    [Fact]
    public async Task A_store_that_throws_anything_else_harms_only_the_batch()
    {
        var journal = Start();
        var write = journal.WriteAsync(Create(1));
        (await _store.NextAsync()).Fail(new FormatException("unexpected"));

        Assert.Equal("store_failed", (await Assert.ThrowsAsync<TroupeException>(() => write.Soon())).Code);

        write = journal.WriteAsync(Create(2));
        (await _store.NextAsync()).Succeed();
        await write.Soon();
    }

    [Fact]
    public async Task A_fault_ends_everything_and_is_told()
    {
        var journal = Start(new JournalOptions { MaxOperations = 3 });
        using var room = await journal.ReserveAsync(10);
        using var held = await journal.ReserveAsync(10);
        var write = journal.WriteAsync(Create(1));
        var batch = await _store.NextAsync();
        var fence = new SessionFence();
        var queued = AppendAsync(journal, Append(2, Entry(1)), room, fence);
        var deferred = AppendAsync(journal, Append(3, Entry(1)), room, deferred: true);
        var applicant = journal.ReserveAsync(10).AsTask();
        Assert.False(journal.Faulted.IsCompleted);

        var fault = new StoreFaultedException("the disk is gone");
        batch.Fail(fault);

        Assert.Same(fault, await journal.Faulted.Soon());
        Assert.Same(fault, await Assert.ThrowsAsync<StoreFaultedException>(() => write.Soon()));
        Assert.Same(fault, await queued.Soon());
        Assert.Same(fault, await deferred.Soon());
        await Assert.ThrowsAsync<StoreFaultedException>(() => applicant.Soon());
        Assert.Same(fault, fence.Cause);
        await Assert.ThrowsAsync<StoreFaultedException>(() => journal.WriteAsync(Create(4)).Soon());
        await Assert.ThrowsAsync<StoreFaultedException>(async () => await journal.ReserveAsync(1));
        await Assert.ThrowsAsync<StoreFaultedException>(() => journal.FlushAsync().Soon());
        Assert.IsType<StoreFaultedException>(await AppendAsync(journal, Append(2, Entry(2)), room).Soon());
        await journal.DisposeAsync().AsTask().Soon();
    }

    [Fact]
    public async Task What_is_batched_waits_for_the_save_interval()
    {
        var journal = Start();
        using var room = await journal.ReserveAsync(10);
        var batched = Enumerable.Range(1, 3).Select(n => AppendAsync(journal, Append(n, Entry(1)), room, deferred: true)).ToList();
        await IsIdleAsync(journal);

        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        await IsIdleAsync(journal);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        var batch = await _store.NextAsync();
        Assert.Equal([1, 2, 3], batch.Sessions);
        batch.Succeed();
        Assert.All(await Task.WhenAll(batched).Soon(), Assert.Null);

        // And again.
        var next = AppendAsync(journal, Append(4, Entry(1)), room, deferred: true);
        _time.Advance(TimeSpan.FromSeconds(5));
        (await _store.NextAsync()).Succeed();
        Assert.Null(await next.Soon());
    }

    [Fact]
    public async Task Flushing_waits_for_all_that_came_before()
    {
        var journal = Start();
        using var room = await journal.ReserveAsync(10);
        var batched = AppendAsync(journal, Append(1, Entry(1)), room, deferred: true);

        var flushed = journal.FlushAsync();
        var batch = await _store.NextAsync();

        Assert.Equal(1, batch.Sessions.First());
        Assert.False(flushed.IsCompleted);

        // The mark behind it may have come a moment too late for this batch.
        _store.Decide = static (_, _) => { };
        batch.Succeed();
        await flushed.Soon();
        Assert.Null(await batched.Soon());
    }

    [Fact]
    public async Task Half_of_the_operations_are_saved_at_once()
    {
        var journal = Start(new JournalOptions { MaxOperations = 8 });
        using var room = await journal.ReserveAsync(10);
        for (var seq = 1; seq <= 4; seq++)
        {
            _ = AppendAsync(journal, Append(1, Entry(seq)), room, deferred: true);
        }

        await IsIdleAsync(journal);
        _ = AppendAsync(journal, Append(1, Entry(5)), room, deferred: true);

        var batch = await _store.NextAsync();
        Assert.Equal([1, 2, 3, 4, 5], batch.Operations.Select(o => Assert.IsType<StoreOperation.AppendEntries>(o).Entries[0].Seq));
        batch.Succeed();
    }

    [Fact]
    public async Task Half_of_the_bytes_are_saved_at_once()
    {
        var journal = Start(new JournalOptions { MaxBytes = 65_536 });
        using var small = await journal.ReserveAsync(32_768);
        _ = AppendAsync(journal, Append(1, Entry(1)), small, deferred: true);
        await IsIdleAsync(journal);
        using var more = await journal.ReserveAsync(1);

        _ = AppendAsync(journal, Append(2, Entry(1)), more, deferred: true);

        var batch = await _store.NextAsync();
        Assert.Equal([1, 2], batch.Sessions);
        batch.Succeed();
    }

    [Fact]
    public async Task What_is_batched_makes_room_for_who_waits()
    {
        var journal = Start(new JournalOptions { MaxBytes = 65_536 });
        using var room = await journal.ReserveAsync(20_000);
        var batched = AppendAsync(journal, Append(1, Entry(1)), room, deferred: true);

        var large = journal.ReserveAsync(60_000).AsTask();

        (await _store.NextAsync()).Succeed();
        Assert.Null(await batched.Soon());
        (await large.Soon()).Dispose();
    }

    [Fact]
    public async Task Disposing_writes_what_is_left_and_refuses_what_comes_later()
    {
        var journal = Start();
        using var room = await journal.ReserveAsync(10);
        var first = journal.WriteAsync(Create(1));
        var busy = await _store.NextAsync();
        var queued = journal.WriteAsync(Create(2));
        var batched = AppendAsync(journal, Append(3, Entry(1)), room, deferred: true);

        var disposed = journal.DisposeAsync().AsTask();
        Assert.False(disposed.IsCompleted);
        busy.Succeed();
        var batch = await _store.NextAsync();
        Assert.Equal([2, 3], batch.Sessions);
        batch.Succeed();

        await disposed.Soon();
        await Task.WhenAll(first, queued).Soon();
        Assert.Null(await batched.Soon());
        var refused = await Assert.ThrowsAsync<TroupeException>(() => journal.WriteAsync(Create(4)).Soon());
        Assert.Equal((ErrorKind.Unavailable, "stopping"), (refused.Kind, refused.Code));
        Assert.Equal("stopping", (await Assert.ThrowsAsync<TroupeException>(async () => await journal.ReserveAsync(1))).Code);
        Assert.Equal("stopping", Assert.IsType<TroupeException>(await AppendAsync(journal, Append(3, Entry(2)), room).Soon()).Code);
        Assert.Equal("stopping", Assert.IsType<TroupeException>(await AppendAsync(journal, Append(3, Entry(2)), room, deferred: true).Soon()).Code);
        await journal.DisposeAsync().AsTask().Soon();
    }

    [Fact]
    public async Task Disposing_gives_up_after_the_drain_timeout()
    {
        var journal = Start(new JournalOptions { DrainTimeout = TimeSpan.FromSeconds(30) });
        var stuck = journal.WriteAsync(Create(1));
        var busy = await _store.NextAsync();

        var disposed = journal.DisposeAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(disposed.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await disposed.Soon();
        Assert.False(stuck.IsCompleted);
        busy.Succeed();
        await stuck.Soon();
    }

    [Fact]
    public async Task On_a_full_disk_disposing_ends_and_everybody_is_told()
    {
        _store.Decide = static (_, _) => throw Full();
        var journal = Start();
        using var room = await journal.ReserveAsync(10);
        var batched = AppendAsync(journal, Append(1, Entry(1)), room, deferred: true);

        await journal.DisposeAsync().AsTask().Soon();

        Assert.Equal("store_full", Assert.IsType<TroupeException>(await batched.Soon()).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Sixteen_writers_are_answered_exactly_once_each_and_the_counters_add_up(int seed)
    {
        const int Writers = 16;
        const int Appends = 1000;
        var random = new Random(seed);
        long commits = 0, operations = 0, bytes = 0;
        _store.Decide = (batch, outcomes) =>
        {
            // One thread at a time comes here.
            if (random.Next(20) == 0)
            {
                throw Full();
            }

            commits++;
            operations += batch.Count;
            bytes += batch.Sum(o => (long)o.SizeBytes);
            for (var i = 0; i < outcomes.Length; i++)
            {
                outcomes[i] = random.Next(100) == 0 ? new InvalidOperationException("refused") : null;
            }
        };
        var journal = Start(new JournalOptions { MaxOperations = 64, MaxBatchOperations = 16, RoomTimeout = TimeSpan.FromHours(1) });
        var answers = new int[Writers * Appends];
        var ends = new TaskCompletionSource<bool>[Writers * Appends];
        long failures = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            ends[i] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var own = new Random((seed * 100) + writer);
            var fence = new SessionFence();
            for (var i = 0; i < Appends; i += 2)
            {
                using var room = await journal.ReserveAsync(own.Next(1, 1000), Limits.Token);
                for (var j = i; j < i + 2; j++)
                {
                    var place = (writer * Appends) + j;
                    if (fence.Cause is not null)
                    {
                        fence = new SessionFence();
                    }

                    journal.Append(Append(writer + 1, Entry(j + 1)), fence, room, deferred: own.Next(4) == 0, failure =>
                    {
                        Interlocked.Increment(ref answers[place]);
                        Interlocked.Add(ref failures, failure is null ? 0 : 1);
                        ends[place].TrySetResult(failure is null);
                    });
                }

                if (own.Next(10) == 0)
                {
                    journal.Flush();
                }
            }
        }))).Soon();
        _store.Decide = (batch, _) =>
        {
            commits++;
            operations += batch.Count;
            bytes += batch.Sum(o => (long)o.SizeBytes);
        };
        await journal.DisposeAsync().AsTask().Soon();
        await Task.WhenAll(ends.Select(e => e.Task)).Soon();

        Assert.True(answers.All(n => n == 1), $"An answer came never or twice, seed {seed}.");
        var statistics = journal.Statistics;
        Assert.Equal((commits, operations, bytes, failures), (statistics.Commits, statistics.Operations, statistics.Bytes, statistics.Failures));
        Assert.Equal((commits, operations, commits), (statistics.BatchSize.Count, statistics.BatchSize.Sum, statistics.CommitMicroseconds.Count));
        Assert.Equal((0, 0, 0), (statistics.Waiting, statistics.Deferred, statistics.Turns));
        Assert.True(failures > 0, "Nothing failed; the test shows less than it should.");
    }

    private static TroupeException Full() => new(ErrorKind.Unavailable, "store_full", "full");

    private static Task<Exception?> AppendAsync(Journal journal, StoreOperation operation, JournalRoom room, SessionFence? fence = null, bool deferred = false)
    {
        // A second answer would throw on the journal's thread and end the test's process.
        var done = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        journal.Append(operation, fence ?? new SessionFence(), room, deferred, done.SetResult);
        return done.Task;
    }

    /// <summary>The next batch holds nothing of what came before: it was not on its way.</summary>
    private async Task IsIdleAsync(Journal journal)
    {
        var probe = journal.WriteAsync(Create(999));
        var batch = await _store.NextAsync();
        Assert.Equal([999], batch.Sessions);
        batch.Succeed();
        await probe.Soon();
    }

    private Journal Start(JournalOptions? options = null)
    {
        var journal = new Journal(_store, options, _time);
        _journals.Add(journal);
        return journal;
    }
}
