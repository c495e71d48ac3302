using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Troupe.Telemetry;
using Troupe.Tools;

namespace Troupe.Tests.Tools;

/// <summary>Calls that run as one.</summary>
public sealed class ToolBatchTests
{
    private readonly Channel<Batch> _batches = Channel.CreateUnbounded<Batch>();
    private readonly ManualTime _time = new();
    private readonly ToolDefinition _tool;
    private readonly ToolBatcher _batcher;

    public ToolBatchTests()
    {
        _tool = new ToolDefinition(AIFunctionFactory.Create(() => "alone", "square"))
        {
            Kind = ToolKind.Pure,
            Deadline = TimeSpan.FromSeconds(5),
            MaxBatch = 4,
            Batch = (arguments, stop) =>
            {
                var batch = new Batch([.. arguments.Select(a => (int)a["n"]!)], stop);
                _batches.Writer.TryWrite(batch);
                return batch.Results.Task;
            },
        };
        _batcher = new ToolBatcher(_tool, _time);
    }

    [Fact]
    public async Task What_waits_while_one_batch_runs_goes_together_as_far_as_it_fits_and_each_gets_its_own()
    {
        var first = RunAsync(1);
        var running = await NextAsync();
        var waiting = new List<Task<object?>>();
        for (var n = 2; n <= 7; n++)
        {
            waiting.Add(RunAsync(n));
        }

        running.Answer();
        Assert.Equal(1, await first);
        var second = await NextAsync();
        second.Answer();
        var third = await NextAsync();
        third.Answer();
        Assert.Equal([4, 9, 16, 25, 36, 49], await Task.WhenAll(waiting));
        Assert.Equal((4, 2), (second.Numbers.Count, third.Numbers.Count));

        // And what comes when nothing runs begins a batch by itself.
        var last = RunAsync(8);
        (await NextAsync()).Answer();
        Assert.Equal(64, await last);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_batch_that_gives_another_number_of_results_is_an_error_to_each(int results)
    {
        var waiting = await TwoTogetherAsync();
        var batch = await NextAsync();
        batch.Results.SetResult([.. Enumerable.Repeat<object?>("x", results)]);
        foreach (var call in waiting)
        {
            Assert.Contains($"gave {results} results for 2 calls", (await Assert.ThrowsAsync<InvalidOperationException>(() => call)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_batch_that_fails_is_an_error_to_each_and_the_next_one_runs()
    {
        var waiting = await TwoTogetherAsync();
        (await NextAsync()).Results.SetException(new InvalidOperationException("Broken."));
        foreach (var call in waiting)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => call);
        }

        var next = RunAsync(9);
        (await NextAsync()).Answer();
        Assert.Equal(81, await next);
    }

    [Fact]
    public async Task One_of_a_batch_that_leaves_ends_it_for_nobody_and_all_leaving_stops_it()
    {
        using var leave = new CancellationTokenSource();
        using var leaveToo = new CancellationTokenSource();
        var waiting = await TwoTogetherAsync(leave.Token, leaveToo.Token);
        var batch = await NextAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[0]);
        Assert.False(batch.Stop.IsCancellationRequested);
        batch.Answer();
        Assert.Equal(9, await waiting[1]);

        using var third = new CancellationTokenSource();
        var last = RunAsync(4, third.Token);
        var stopped = await NextAsync();
        await third.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
        await Task.Delay(Timeout.Infinite, stopped.Stop).ContinueWith(static _ => { }, TaskScheduler.Default).Soon();
    }

    [Fact]
    public async Task One_that_left_while_it_waited_is_not_run()
    {
        var first = RunAsync(1);
        var running = await NextAsync();
        using var leave = new CancellationTokenSource();
        var left = RunAsync(2, leave.Token);
        var stays = RunAsync(3);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        running.Answer();
        await first;
        var batch = await NextAsync();
        Assert.Equal([3], batch.Numbers);
        batch.Answer();
        await stays;
    }

    [Fact]
    public async Task A_batch_that_is_late_is_a_timeout_and_not_an_error_and_the_next_one_runs()
    {
        var runner = new ToolRunner(new Profiler(), _time, NullLogger.Instance);
        var late = runner.RunAsync(_tool, new Dictionary<string, object?>(StringComparer.Ordinal) { ["n"] = 1 }, Limits.Token);
        var batch = await NextAsync();
        // Whichever of the two deadlines is seen first.
        await Limits.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return batch.Stop.IsCancellationRequested && late.IsCompleted;
        });

        Assert.Equal(ToolStatus.Timeout, (await late).Status);
        var next = runner.RunAsync(_tool, new Dictionary<string, object?>(StringComparer.Ordinal) { ["n"] = 9 }, Limits.Token);
        (await NextAsync()).Answer();
        Assert.Equal("81", (await next).Text);
    }

    [Fact]
    public async Task The_batchs_own_deadline_leaves_each_to_its_own()
    {
        var waiting = RunAsync(1);
        var batch = await NextAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(batch.Stop.IsCancellationRequested);
        var next = RunAsync(9);
        (await NextAsync()).Answer();
        Assert.Equal(81, await next);
        Assert.False(waiting.IsCompleted);
    }

    /// <summary>Two calls that are the next batch.</summary>
    private async Task<Task<object?>[]> TwoTogetherAsync(CancellationToken one = default, CancellationToken other = default)
    {
        var first = RunAsync(1);
        var running = await NextAsync();
        var waiting = new[] { RunAsync(2, one), RunAsync(3, other) };
        running.Answer();
        await first;
        return waiting;
    }

    /// <summary>A call, which waits in the queue when this returns.</summary>
    private Task<object?> RunAsync(int n, CancellationToken cancellationToken = default) => _batcher.RunAsync(new AIFunctionArguments { ["n"] = n }, cancellationToken);

    private async Task<Batch> NextAsync() => await _batches.Reader.ReadAsync(Limits.Token);

    private sealed class Batch(List<int> numbers, CancellationToken stop)
    {
        public List<int> Numbers => numbers;

        public CancellationToken Stop => stop;

        public TaskCompletionSource<IReadOnlyList<object?>> Results { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answer() => Results.SetResult([.. numbers.Select(n => (object?)(n * n))]);
    }
}
