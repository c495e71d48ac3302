using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Troupe.Telemetry;

namespace Troupe.Tools;

/// <summary>Runs one call of a tool: within its deadline, with its errors as answers to the model. Thread-safe.</summary>
internal sealed partial class ToolRunner(Profiler profiler, TimeProvider time, ILogger log)
{
    private readonly ConditionalWeakTable<ToolDefinition, ToolBatcher> _batchers = [];

    /// <summary>The outcome; only the caller's own cancellation throws.</summary>
    public async Task<ToolOutcome> RunAsync(ToolDefinition tool, IDictionary<string, object?>? arguments, CancellationToken cancellationToken)
    {
        using var measured = profiler.Measure(tool.Name, ProfileCategory.Tools);
        using var span = Signals.BeginTool(tool.Name);
        var outcome = await InvokeAsync(tool, arguments, cancellationToken);
        Signals.EndTool(span, tool.Name, outcome.Duration, outcome.Status == ToolStatus.Ok ? null : outcome.Status);
        return outcome;
    }

    private async Task<ToolOutcome> InvokeAsync(ToolDefinition tool, IDictionary<string, object?>? arguments, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // A tool that does not heed its token is left behind; it must not hold the turn.
        var run = Task.Run(
            () => tool.Batch is null ? tool.Function.InvokeAsync(new AIFunctionArguments(arguments), stop.Token).AsTask() : BatcherOf(tool).RunAsync(new AIFunctionArguments(arguments), stop.Token),
            CancellationToken.None);
        try
        {
            var result = await run.WaitAsync(tool.Deadline, time, cancellationToken);
            var text = Cut(TextRules.Mend(TextOf(result)), tool.MaxResultLength);
            return new ToolOutcome((result as ToolAnswer)?.Status ?? (IsError(result) ? ToolStatus.Error : ToolStatus.Ok), text, time.GetElapsedTime(started));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await stop.CancelAsync();
            throw;
        }
        catch (TimeoutException) when (!run.IsFaulted)
        {
            // Not the clock is asked, because a timer may fire a little before it, but whether the tool has thrown this itself.
            await stop.CancelAsync();
            LogLate(tool.Name, tool.Deadline);
            return new ToolOutcome(
                tool.Kind == ToolKind.Unsafe ? ToolStatus.Unknown : ToolStatus.Timeout,
                string.Create(CultureInfo.InvariantCulture, $"The tool '{tool.Name}' did not answer within {tool.Deadline.TotalSeconds:0.#} s.{(tool.Kind == ToolKind.Unsafe ? " Whether it took effect is not known." : "")}"),
                time.GetElapsedTime(started));
        }
        catch (Exception failure)
        {
            LogFailed(failure, tool.Name);
            return new ToolOutcome(ToolStatus.Error, Cut(TextRules.Mend($"The tool '{tool.Name}' failed: {failure.Message}"), tool.MaxResultLength), time.GetElapsedTime(started));
        }
    }

    private ToolBatcher BatcherOf(ToolDefinition tool) => _batchers.GetValue(tool, tool => new ToolBatcher(tool, time));

    private static string TextOf(object? result) => result switch
    {
        null => "",
        string text => text,
        ToolAnswer answer => answer.Text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        JsonElement json => json.GetRawText(),
        TextContent content => content.Text,
        IEnumerable<AIContent> contents => string.Join('\n', contents.Select(c => (c as TextContent)?.Text ?? $"({c.GetType().Name} is not shown)")),
        _ => JsonSerializer.Serialize(result, CompactJson.Options.GetTypeInfo(result.GetType())),
    };

    /// <summary>Tools of MCP servers do not throw: their error is a member of the result.</summary>
    private static bool IsError(object? result) =>
        result is JsonElement { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("isError", out var error) && error.ValueKind == JsonValueKind.True;

    private static string Cut(string text, int length) => text.Length <= length
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"{TextRules.Mend(text[..length])}\n[cut: {length} of {text.Length} characters]");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tool {Tool} did not answer within {Deadline}")]
    private partial void LogLate(string tool, TimeSpan deadline);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tool {Tool} failed")]
    private partial void LogFailed(Exception failure, string tool);
}
