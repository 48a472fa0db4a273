using System.Net.Http.Headers;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Tests.Sync;

public sealed class RequestLimiterTests
{
    private static readonly DateTimeOffset Start = new(2024, 1, 2, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_time_window_has_more_requests_than_allowed()
    {
        var time = new ManualTime(Start) { RingsUnder = TimeSpan.FromHours(1) };
        using var limiter = new RequestLimiter(5, TimeSpan.FromMinutes(1), time);
        var random = new Random(7);
        var granted = new List<DateTimeOffset>();
        for (var i = 0; i < 200; i++)
        {
            await limiter.WaitAsync(Token);
            granted.Add(time.GetUtcNow());
            time.Advance(TimeSpan.FromMilliseconds(random.Next(0, 20_000)));
        }

        Assert.All(
            granted,
            instant => Assert.InRange(granted.Count(other => other >= instant && other < instant + TimeSpan.FromMinutes(1)), 1, 5)
        );
        Assert.NotEmpty(time.Waits);
    }

    [Fact]
    public async Task A_request_waits_no_longer_than_necessary()
    {
        var time = new ManualTime(Start) { RingsUnder = TimeSpan.FromHours(1) };
        using var limiter = new RequestLimiter(2, TimeSpan.FromMinutes(1), time);
        await limiter.WaitAsync(Token);
        time.Advance(TimeSpan.FromSeconds(10));
        await limiter.WaitAsync(Token);
        await limiter.WaitAsync(Token);
        await limiter.WaitAsync(Token);
        Assert.Equal([TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(10)], time.Waits);
    }

    [Fact]
    public async Task A_pause_delays_all_requests()
    {
        var time = new ManualTime(Start) { RingsUnder = TimeSpan.FromHours(1) };
        using var limiter = new RequestLimiter(100, TimeSpan.FromMinutes(1), time);
        limiter.PauseUntil(Start + TimeSpan.FromSeconds(30));
        limiter.PauseUntil(Start + TimeSpan.FromSeconds(20));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => limiter.WaitAsync(Token)));
        Assert.Equal([TimeSpan.FromSeconds(30)], time.Waits);
    }

    [Fact]
    public async Task A_cancelled_waiter_does_not_block_the_next_one()
    {
        using var limiter = new RequestLimiter(1, TimeSpan.FromDays(1), TimeProvider.System);
        await limiter.WaitAsync(Token);
        using var gone = new CancellationTokenSource();
        var waiting = limiter.WaitAsync(gone.Token);
        var next = limiter.WaitAsync(gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public void Retry_after_is_seconds_or_a_date()
    {
        Assert.Equal(TimeSpan.FromSeconds(7), RetryOptions.DelayOf(RetryConditionHeaderValue.Parse("7"), Start));
        Assert.Equal(
            TimeSpan.FromSeconds(90),
            RetryOptions.DelayOf(RetryConditionHeaderValue.Parse("Tue, 02 Jan 2024 00:01:30 GMT"), Start)
        );
        Assert.Equal(TimeSpan.Zero, RetryOptions.DelayOf(RetryConditionHeaderValue.Parse("Mon, 01 Jan 2024 00:00:00 GMT"), Start));
        Assert.Null(RetryOptions.DelayOf(null, Start));
    }
}
