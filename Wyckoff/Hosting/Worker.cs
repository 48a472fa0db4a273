using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wyckoff.Postgres;

namespace Wyckoff.Hosting;

/// <summary>
/// A background service that works in rounds, with one policy for faults. While the database is away, the worker tries again without limit.
/// After any other exception it tries again a limited number of times; then its task fails, the host stops, and the process ends with a
/// non-zero exit code. Its health names the fault and the age of the last success.
/// </summary>
public abstract class Worker(TimeProvider time, ILogger logger) : BackgroundService, IHealthCheck
{
    /// <summary>How often a round may fail since the last success, not counting database outages. With back-off, about a minute.</summary>
    public const int Attempts = 10;

    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Backoff _backoff = Backoff.OfThisProcess();
    private volatile State _state = new(time.GetUtcNow(), null, 0, 0);

    /// <summary>
    /// The failures since the last success, or the start; <paramref name="Unexpected"/> does not count database outages.
    /// </summary>
    private sealed record State(DateTimeOffset LastSuccess, Exception? Fault, int Failures, int Unexpected);

    protected TimeProvider Time { get; } = time;

    protected ILogger Logger { get; } = logger;

    /// <summary>The health while the database is away. The check of the database itself reports what the service cannot do then.</summary>
    protected virtual HealthStatus HealthWhileAway => HealthStatus.Degraded;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (lastSuccess, fault, _, _) = _state;
        if (fault is null)
        {
            return Task.FromResult(Health());
        }

        var isAway = DatabaseFaults.IsAway(fault);
        var age = (Time.GetUtcNow() - lastSuccess).TotalSeconds;
        var state = isAway ? "the database is away" : "failing";
        // Health is public, so it shows only the class of the exception. The log has the message.
        return Task.FromResult(
            new HealthCheckResult(
                isAway ? HealthWhileAway : HealthStatus.Unhealthy,
                string.Create(CultureInfo.InvariantCulture, $"{state}, last success {age:0} s ago"),
                data: new Dictionary<string, object>(StringComparer.Ordinal) { [FailureClass.Key] = FailureClass.Of(fault) }
            )
        );
    }

    /// <summary>The health while rounds succeed.</summary>
    protected abstract HealthCheckResult Health();

    /// <summary>Does one round. Returns false when there is nothing left to do, now or later.</summary>
    protected abstract Task<bool> RoundAsync(CancellationToken stoppingToken);

    /// <summary>Waits until the next round is due. Not called after a round that failed: then there is a back-off.</summary>
    protected abstract Task WaitAsync(CancellationToken stoppingToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    var hasMore = await RoundAsync(stoppingToken);
                    Succeed();
                    if (!hasMore)
                    {
                        return;
                    }

                    await WaitAsync(stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    Fail(e);
                    if (_state.Unexpected >= Attempts)
                    {
                        Logger.WorkerGaveUp(GetType().Name, Attempts);
                        throw;
                    }

                    await Task.Delay(_backoff.After(_state.Failures, FirstPause, LongestPause), Time, stoppingToken);
                }
            }
        }
        catch (Exception e) when (stoppingToken.IsCancellationRequested)
        {
            // Cancelled work does not always end with an OperationCanceledException. The stop was asked for, so the process has not failed.
            if (e is not OperationCanceledException)
            {
                Logger.WorkerFailedAtStop(e, GetType().Name);
            }
        }
    }

    /// <summary>Records a success, after each round and during long rounds.</summary>
    protected void Succeed()
    {
        var (now, before) = (Time.GetUtcNow(), _state);
        _state = new(now, null, 0, 0);
        if (before.Fault is not null)
        {
            Logger.WorkerRecovered(GetType().Name, now - before.LastSuccess);
        }
    }

    /// <summary>
    /// Notes and logs a failure: an outage of the database once, without a stack trace; anything else each time, with it.
    /// </summary>
    protected void Fail(Exception exception)
    {
        var before = _state;
        var isAway = DatabaseFaults.IsAway(exception);
        var unexpected = isAway ? before.Unexpected : before.Unexpected + 1;
        _state = before with { Fault = exception, Failures = before.Failures + 1, Unexpected = unexpected };
        if (!isAway)
        {
            Logger.WorkerFailed(exception, GetType().Name, unexpected, Attempts);
        }
        else if (before.Fault is null || !DatabaseFaults.IsAway(before.Fault))
        {
            Logger.WorkerWithoutDatabase(GetType().Name, exception.Message.ReplaceLineEndings(" "));
        }
    }
}
