using System.Globalization;

namespace Wyckoff.AppHost;

/// <summary>Writes whole lines to the terminal that started the system, from several threads.</summary>
internal sealed class ConsoleLines(ResourceLoggerService loggers)
{
    // The last log lines of a process can arrive shortly after it ended.
    private static readonly TimeSpan LogTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    public void Write(string line)
    {
        lock (_lock)
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>Describes how a resource ended, with the last line it wrote to stderr.</summary>
    public async Task<string> DescribeEndAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        var how = change.Snapshot.ExitCode switch
        {
            // The orchestrator reports no exit code for a process that was killed by a signal.
            null or -1 when change.Snapshot.State?.Text != KnownResourceStates.FailedToStart => "was killed by a signal",
            null or -1 => "did not start",
            > 128 and var code => string.Create(CultureInfo.InvariantCulture, $"was killed by signal {code - 128}"),
            var code => string.Create(CultureInfo.InvariantCulture, $"ended with exit code {code}"),
        };
        var error = await LastErrorAsync(change.ResourceId, cancellationToken);
        return error is null ? $"{change.Resource.Name} {how}." : $"{change.Resource.Name} {how}: {error}.";
    }

    private async Task<string?> LastErrorAsync(string resourceId, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LogTimeout);
        string? last = null;
        try
        {
            await foreach (var lines in loggers.GetAllAsync(resourceId).WithCancellation(limit.Token))
            {
                last = lines.LastOrDefault(line => line.IsErrorMessage && !string.IsNullOrWhiteSpace(line.Content)).Content ?? last;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The timeout elapsed: the lines received so far are used.
        }

        return last is null ? null : WithoutTime(last).Trim().TrimEnd('.');
    }

    /// <summary>Removes the timestamp that the orchestrator puts before each log line.</summary>
    private static string WithoutTime(string line) =>
        line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
        && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? line[(space + 1)..]
            : line;
}
