using System.Text;
using Microsoft.Extensions.Logging;

namespace Troupe.Tests.Tools;

/// <summary>Keeps what is logged, and tells when something is.</summary>
internal sealed class McpLog : ILogger
{
    private readonly StringBuilder _lines = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Text
    {
        get
        {
            lock (_lines)
            {
                return _lines.ToString();
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Append(formatter(state, exception)).Append(' ').Append(exception).Append('\n');
            _more.TrySetResult();
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Waits until something has been logged so many times.</summary>
    public async Task SaidAsync(string text, int count = 1)
    {
        var limit = Limits.Token;
        while (true)
        {
            Task more;
            lock (_lines)
            {
                if (_lines.ToString().Split(text).Length > count)
                {
                    return;
                }

                more = _more.Task;
            }

            await more.WaitAsync(limit);
        }
    }
}
