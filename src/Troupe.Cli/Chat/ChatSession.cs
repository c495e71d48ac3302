using System.Globalization;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Troupe.Cli.Commands;
using Troupe.Cli.Link;

namespace Troupe.Cli.Chat;

/// <summary>One conversation in a terminal, over the same routes that every client uses. A lost connection is taken up again at the character where
/// it broke.</summary>
internal sealed class ChatSession(ServerLink link, string? model, bool json)
{
    private const int MaxAttempts = 10;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private string _id = "";
    private string? _runningTurn;
    private bool _isBusy;
    private bool _stopWanted;

    private string Path => $"/api/v1/sessions/{_id}";

    public async Task OpenAsync(string? session, string? agent, CancellationToken cancellationToken)
    {
        if (session is not null)
        {
            _id = Uri.EscapeDataString(session);
            await link.GetAsync($"{Path}?limit=1", cancellationToken);
            return;
        }

        var body = new JsonObject();
        if (agent is not null)
        {
            body["agent"] = agent;
        }

        _id = (await link.SendAsync(HttpMethod.Post, "/api/v1/sessions", JsonContent.Create(body, JsonContext.Default.JsonObject), cancellationToken)).GetProperty("id").GetString()!;
    }

    /// <summary>Reads lines and answers them, to the end of the input or <c>/quit</c>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync($"Session {_id}. /help lists what else you can say; Ctrl-C stops an answer, Ctrl-D ends.");
        Console.CancelKeyPress += OnInterrupt;
        try
        {
            while (true)
            {
                await Console.Error.WriteAsync("> ");
                if (await Console.In.ReadLineAsync(cancellationToken) is not { } line)
                {
                    await Console.Error.WriteLineAsync();
                    return;
                }

                try
                {
                    if (line.StartsWith('/'))
                    {
                        if (!await ObeyAsync(line, cancellationToken))
                        {
                            return;
                        }
                    }
                    else if (line.Trim().Length > 0)
                    {
                        await SayAsync(line, cancellationToken);
                    }
                }
                catch (CommandFailure failure) when (failure.ExitCode == ExitCodes.Refused)
                {
                    // The conversation goes on.
                    await Console.Error.WriteLineAsync($"troupe: {failure.Message}");
                }
            }
        }
        finally
        {
            Console.CancelKeyPress -= OnInterrupt;
        }
    }

    /// <summary>Says a message and prints the answer as it comes.</summary>
    public Task SayAsync(string message, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["message"] = message };
        return TurnAsync(body, cancellationToken);
    }

    private async Task<bool> ObeyAsync(string line, CancellationToken cancellationToken)
    {
        var words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        switch (words[0])
        {
            case "/quit" or "/exit":
                return false;

            case "/help":
                await Console.Error.WriteLineAsync("""
                    /regenerate      another answer to your last message; the former one stays as a branch
                    /branch          the ends of all branches
                    /branch SEQ      go on from that end
                    /export [FILE]   the conversation as markdown
                    /quit            end; the session stays
                    """);
                break;

            case "/regenerate":
                var asked = (await EntriesAsync(cancellationToken)).LastOrDefault(e => Output.TextOf(e, "role") == "user");
                if (asked.ValueKind == JsonValueKind.Undefined)
                {
                    throw new CommandFailure(ExitCodes.Refused, "There is nothing to answer yet.");
                }

                await TurnAsync(new JsonObject { ["regenerate"] = asked.GetProperty("seq").GetInt32() }, cancellationToken);
                break;

            case "/branch" when words.Length == 1:
                await ListBranchesAsync(cancellationToken);
                break;

            case "/branch" when int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seq):
                await link.SendAsync(HttpMethod.Patch, Path, JsonContent.Create(new JsonObject { ["head"] = seq }, JsonContext.Default.JsonObject), cancellationToken);
                await Console.Error.WriteLineAsync($"You go on from {seq}.");
                break;

            case "/export":
                await ExportAsync(words.Length == 2 ? words[1] : $"session-{_id}.md", cancellationToken);
                break;

            default:
                await Console.Error.WriteLineAsync($"'{words[0]}' is unknown here. /help lists what is known.");
                break;
        }

        return true;
    }

    private async Task TurnAsync(JsonObject body, CancellationToken cancellationToken)
    {
        if (model is not null)
        {
            body["model"] = model;
        }

        (_isBusy, _stopWanted) = (true, false);
        try
        {
            await FollowAsync(body, cancellationToken);
        }
        finally
        {
            (_isBusy, _runningTurn) = (false, null);
        }
    }

    private async Task FollowAsync(JsonObject body, CancellationToken cancellationToken)
    {

        var key = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N");
        string? lastEvent = null;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"{Path}/turns") { Content = JsonContent.Create(body, JsonContext.Default.JsonObject) };
                request.Headers.Accept.ParseAdd("text/event-stream");
                request.Headers.Add("Idempotency-Key", key);
                if (lastEvent is not null)
                {
                    request.Headers.Add("Last-Event-ID", lastEvent);
                }

                using var response = await link.SendAsync(request, cancellationToken);
                await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
                await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
                {
                    lastEvent = item.EventId ?? lastEvent;
                    attempt = 1;
                    if (await ShowAsync(item.EventType, item.Data, cancellationToken))
                    {
                        return;
                    }
                }
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException or CommandFailure { ExitCode: ExitCodes.Unreachable } && attempt < MaxAttempts)
            {
                // The same key finds the turn again, and the last event's id the place in it.
            }

            if (attempt >= MaxAttempts)
            {
                throw new CommandFailure(ExitCodes.Unreachable, $"The server at {link.Url} has gone away. Go on later with: troupe chat --session {_id}");
            }

            await Task.Delay(TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.1 * Math.Pow(2, attempt))), cancellationToken);
        }
    }

    /// <summary>Shows an event; true for the turn's last.</summary>
    private async Task<bool> ShowAsync(string type, string data, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(data);
        var happened = document.RootElement;
        switch (type)
        {
            case "turn.started":
                _runningTurn = happened.GetProperty("turn_id").GetString();
                if (_stopWanted)
                {
                    Stop(_runningTurn!);
                }

                break;

            case "turn.delta" when !json:
                await Console.Out.WriteAsync(Output.Harmless(happened.GetProperty("text").GetString()!));
                await Console.Out.FlushAsync(cancellationToken);
                break;

            case "turn.snapshot" when !json:
                await Console.Out.WriteAsync("\n" + Output.Harmless(happened.GetProperty("text").GetString()!));
                break;

            case "turn.tool":
                var status = Output.TextOf(happened, "status");
                await Console.Error.WriteLineAsync(status.Length == 0
                    ? $"\n[{Output.TextOf(happened, "name")} {Output.TextOf(happened, "arguments")}]"
                    : $"[{Output.TextOf(happened, "name")}: {status}]");
                break;

            case "turn.waiting":
                await AskAsync(happened, cancellationToken);
                break;

            case "turn.completed" or "turn.cancelled" or "turn.failed" or "turn.abandoned":
                await EndAsync(type, happened);
                return true;
        }

        return false;
    }

    private async Task EndAsync(string type, JsonElement result)
    {
        if (json)
        {
            Output.Json(result);
        }
        else
        {
            await Console.Out.WriteLineAsync();
        }

        if (result.TryGetProperty("error", out var error))
        {
            throw new CommandFailure(ExitCodes.Refused, Output.TextOf(error, "message"));
        }

        if (type != "turn.completed" && !json)
        {
            await Console.Error.WriteLineAsync("(stopped; what was said is kept)");
        }
    }

    private async Task AskAsync(JsonElement question, CancellationToken cancellationToken)
    {
        var turn = question.GetProperty("turn_id").GetString()!;
        foreach (var call in question.GetProperty("approvals").EnumerateArray())
        {
            var unknown = Output.TextOf(call, "reason") == "outcome_unknown";
            await Console.Error.WriteAsync(
                $"\n{Output.TextOf(call, "name")} {Output.TextOf(call, "arguments")}\n{(unknown ? "It was running when the server stopped, and may have taken effect. Run it again? [y/N] " : "May it run? [y/N] ")}");
            var yes = (await Console.In.ReadLineAsync(cancellationToken))?.Trim().ToLowerInvariant() is "y" or "yes";
            var body = new JsonObject { ["call_id"] = Output.TextOf(call, "call_id"), ["approve"] = yes };

            // Its answer comes when the turn has ended, which the stream that is being read tells sooner.
            _ = AnswerAsync($"{Path}/turns/{turn}/approvals", body, cancellationToken);
        }
    }

    private async Task AnswerAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        try
        {
            await link.SendAsync(HttpMethod.Post, path, JsonContent.Create(body, JsonContext.Default.JsonObject), cancellationToken);
        }
        catch (Exception failure) when (failure is CommandFailure or HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            await Console.Error.WriteLineAsync($"troupe: The answer did not arrive: {failure.Message}");
        }
    }

    private async Task<List<JsonElement>> EntriesAsync(CancellationToken cancellationToken)
    {
        List<JsonElement> entries = [];
        for (var after = "0"; ;)
        {
            var page = await link.GetAsync($"{Path}?limit=1000&after={after}", cancellationToken);
            entries.AddRange(page.GetProperty("entries").EnumerateArray());
            if (!page.TryGetProperty("next", out var next))
            {
                return entries;
            }

            after = next.ToString();
        }
    }

    private async Task ListBranchesAsync(CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(cancellationToken);
        var head = (await link.GetAsync($"{Path}?limit=1", cancellationToken)).GetProperty("head").GetInt32();
        var parents = entries.Select(e => e.GetProperty("parent").GetInt32()).ToHashSet();
        foreach (var leaf in entries.Where(e => !parents.Contains(e.GetProperty("seq").GetInt32())))
        {
            var seq = leaf.GetProperty("seq").GetInt32();
            var text = Output.TextOf(leaf, "text").ReplaceLineEndings(" ");
            await Console.Out.WriteLineAsync($"{(seq == head ? "*" : " ")} {seq,6}  {Output.TextOf(leaf, "role")}: {(text.Length > 60 ? text[..60] + "…" : text)}");
        }
    }

    private async Task ExportAsync(string file, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Path}/export?format=markdown");
        using var response = await link.SendAsync(request, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await WholeFile.WriteAsync(file, target => body.CopyToAsync(target, cancellationToken));
        await Console.Error.WriteLineAsync($"Written to {file}.");
    }

    private void OnInterrupt(object? sender, ConsoleCancelEventArgs interrupt)
    {
        // At the prompt it ends the program, as everywhere; while an answer comes it stops the answer, and a second one ends the program.
        if (!_isBusy || _stopWanted)
        {
            return;
        }

        interrupt.Cancel = true;
        _stopWanted = true;
        if (_runningTurn is { } turn)
        {
            Stop(turn);
        }
    }

    private void Stop(string turn) => _ = AnswerAsync($"{Path}/turns/{turn}/cancel", [], CancellationToken.None);
}
