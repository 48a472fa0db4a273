using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using Wyckoff.Redis;
using Wyckoff.Telemetry;

namespace Wyckoff.Bars.Caching;

/// <summary>Caches recent bars in Redis. A slow or failing Redis causes neither long waits nor errors.</summary>
internal sealed class RedisRecentBars(
    RedisConnection redis,
    IOptions<CacheOptions> options,
    TimeProvider time,
    ILogger<RedisRecentBars> logger
)
{
    private const int FailuresToRest = 3;

    // A slow replica must not overwrite newer bars of another. The first 16 bytes are the version, as hexadecimal digits that sort
    // like the number.
    private const string PutIfNewer = """
        local c = redis.call('GETRANGE', KEYS[1], 0, 15)
        if #c < 16 or c < string.sub(ARGV[1], 1, 16) then
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return 1
        end
        return 0
        """;

    private int _failures;
    private long _restUntil;

    /// <summary>Reads recent bars of any version; null if there are none, or Redis is away.</summary>
    public async Task<RecentBars?> FindAsync(string key)
    {
        if (Answering() is not { } database)
        {
            return null;
        }

        try
        {
            return await Bounded(database.StringGetAsync(key)) is { IsNull: false } value ? RecentBars.Parse((byte[])value!) : null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            Failed(e);
            return null;
        }
    }

    /// <summary>Writes recent bars, unless Redis has newer ones.</summary>
    public async Task PutAsync(string key, RecentBars window, TimeSpan keep)
    {
        if (Answering() is not { } database)
        {
            return;
        }

        try
        {
            await Bounded(database.ScriptEvaluateAsync(PutIfNewer, [key], [window.Bytes, (long)keep.TotalMilliseconds]));
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            Failed(e);
        }
    }

    private IDatabase? Answering() =>
        options.Value.Redis && time.GetTimestamp() >= Volatile.Read(ref _restUntil) ? redis.Current?.GetDatabase() : null;

    private async Task<T> Bounded<T>(Task<T> asked)
    {
        try
        {
            var answer = await asked.WaitAsync(options.Value.RedisPatience, time);
            Volatile.Write(ref _failures, 0);
            return answer;
        }
        catch (TimeoutException)
        {
            // The command ends later. Observing its exception keeps it from being reported as unobserved.
            _ = asked.ContinueWith(
                static late => late.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default
            );
            throw;
        }
    }

    private void Failed(Exception e)
    {
        ReadMetrics.RedisFailed();
        if (Interlocked.Increment(ref _failures) % FailuresToRest == 0)
        {
            Volatile.Write(ref _restUntil, time.GetTimestamp() + (long)(options.Value.RedisRest.TotalSeconds * time.TimestampFrequency));
            logger.RedisRests(options.Value.RedisRest, e.Message);
        }
    }
}
