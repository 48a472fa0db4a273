using System.Globalization;

namespace Wyckoff.AppHost;

/// <summary>What the person who started the system reads in the terminal: one line at a time.</summary>
internal sealed class ConsoleLines(ResourceLoggerService loggers)
{
    // The log of a process that has just died may still be on its way.
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    public void Write(string line)
    {
        lock (_lock)
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>How a resource ended, with the last line that it wrote to standard error, which says why.</summary>
    public async Task<string> DescribeEndAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        var how = change.Snapshot.ExitCode switch
        {
            // The orchestrator knows no exit code of a process that a signal has ended.
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
        limit.CancelAfter(LogPatience);
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
            // What has come so far has to do.
        }

        return last is null ? null : WithoutTime(last).Trim().TrimEnd('.');
    }

    /// <summary>The orchestrator puts the time before each line of a log.</summary>
    private static string WithoutTime(string line) =>
        line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
        && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? line[(space + 1)..]
            : line;
}
