using Microsoft.Extensions.AI;

namespace Troupe.Tools;

/// <summary>Gathers the calls of one tool: what is asked while one batch runs is the next, so that no timer is needed. Thread-safe.</summary>
internal sealed class ToolBatcher(ToolDefinition tool, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Queue<(AIFunctionArguments Arguments, TaskCompletionSource<object?> Result, CancellationToken Stop)> _waiting = new();
    private bool _isRunning;

    /// <summary>The result of one call.</summary>
    public async Task<object?> RunAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var result = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isFirst;
        lock (_gate)
        {
            _waiting.Enqueue((arguments, result, cancellationToken));
            isFirst = !_isRunning;
            _isRunning = true;
        }

        if (isFirst)
        {
            _ = PumpAsync();
        }

        return await result.Task.WaitAsync(cancellationToken);
    }

    private async Task PumpAsync()
    {
        // Those who ask in the same moment come along.
        await Task.Yield();
        while (Take() is { Count: > 0 } calls)
        {
            await RunAsync(calls);
        }
    }

    private List<(AIFunctionArguments Arguments, TaskCompletionSource<object?> Result, CancellationToken Stop)> Take()
    {
        lock (_gate)
        {
            List<(AIFunctionArguments, TaskCompletionSource<object?>, CancellationToken Stop)> calls = [];
            while (calls.Count < tool.MaxBatch && _waiting.TryDequeue(out var call))
            {
                if (!call.Stop.IsCancellationRequested)
                {
                    calls.Add(call);
                }
            }

            _isRunning = calls.Count > 0;
            return calls;
        }
    }

    private async Task RunAsync(List<(AIFunctionArguments Arguments, TaskCompletionSource<object?> Result, CancellationToken Stop)> calls)
    {
        // The batch is stopped when nobody waits for any of it, or when it is late.
        using var stop = new CancellationTokenSource(tool.Deadline, time);
        var left = calls.Count;
        var leaving = calls.ConvertAll(call => call.Stop.UnsafeRegister(_ =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                stop.Cancel();
            }
        }, null));
        try
        {
            var results = await tool.Batch!([.. calls.Select(c => c.Arguments)], stop.Token).WaitAsync(stop.Token);
            if (results.Count != calls.Count)
            {
                throw new InvalidOperationException($"The batch of the tool '{tool.Name}' gave {results.Count} results for {calls.Count} calls.");
            }

            for (var i = 0; i < calls.Count; i++)
            {
                calls[i].Result.TrySetResult(results[i]);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody waits, or each has a deadline of its own, which began before this one and is told as what it is.
        }
        catch (Exception failure)
        {
            foreach (var call in calls)
            {
                call.Result.TrySetException(failure);
                _ = call.Result.Task.Exception;
            }
        }
        finally
        {
            foreach (var registration in leaving)
            {
                await registration.DisposeAsync();
            }
        }
    }
}
