using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.Sync;

namespace Wyckoff.Tests.Sync;

public sealed class LeaseTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_one_has_it_and_each_new_holder_has_a_new_version()
    {
        var (a, b) = (Store("a"), Store("b"));
        var first = await a.TryAcquireAsync("one", Long, Token);
        Assert.Equal(1, first!.Version);
        Assert.Null(await b.TryAcquireAsync("one", Long, Token));
        // Not even the holder himself has it twice.
        Assert.Null(await a.TryAcquireAsync("one", Long, Token));
        Assert.True(await a.RenewAsync(first, Long, Token));

        await a.ReleaseAsync(first, Token);
        var second = await b.TryAcquireAsync("one", Long, Token);
        Assert.Equal(("b", 2L), (second!.Holder, second.Version));
        Assert.False(await a.RenewAsync(first, Long, Token));
        await a.ReleaseAsync(first, Token);
        Assert.True(await b.RenewAsync(second, Long, Token));
    }

    [Fact]
    public async Task Of_many_who_want_it_at_once_one_gets_it()
    {
        for (var round = 0; round < 5; round++)
        {
            var got = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Store($"h{i}").TryAcquireAsync("many", Long, Token)));
            var winner = Assert.Single(got, lease => lease is not null)!;
            Assert.Equal(round + 1, winner.Version);
            await ExpireAsync("many");
        }
    }

    [Fact]
    public async Task One_that_ran_out_and_nobody_wanted_is_its_holders_again()
    {
        var a = Store("a");
        var lease = (await a.TryAcquireAsync("late", Long, Token))!;
        await ExpireAsync("late");
        await Assert.ThrowsAsync<LeaseLostException>(() => WriteAsync(lease, "late-1"));
        Assert.True(await a.RenewAsync(lease, Long, Token));
        await WriteAsync(lease, "late-2");
        Assert.Equal(1, await WrittenAsync("late-%"));
    }

    [Fact]
    public async Task Who_wakes_after_it_went_to_another_writes_nothing()
    {
        var (a, b) = (Store("a"), Store("b"));
        var lease = (await a.TryAcquireAsync("asleep", Long, Token))!;
        await WriteAsync(lease, "asleep-1");
        await ExpireAsync("asleep");
        var next = (await b.TryAcquireAsync("asleep", Long, Token))!;
        var e = await Assert.ThrowsAsync<LeaseLostException>(() => WriteAsync(lease, "asleep-2"));
        Assert.Equal("The lease 'asleep' is lost.", e.Message);
        await WriteAsync(next, "asleep-3");
        // Even when it came back to the same holder meanwhile: it is another lease.
        await ExpireAsync("asleep");
        Assert.NotNull(await a.TryAcquireAsync("asleep", Long, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => WriteAsync(lease, "asleep-4"));
        Assert.Equal(2, await WrittenAsync("asleep-%"));
    }

    [Fact]
    public async Task Nobody_takes_over_while_a_transaction_writes_under_it()
    {
        var (a, b) = (Store("a"), Store("b"));
        var lease = (await a.TryAcquireAsync("open", Long, Token))!;
        await using (var connection = await database.App.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await LeaseStore.FenceAsync(connection, lease, Token);
            Assert.Null(await b.TryAcquireAsync("open", Long, Token));
            await transaction.CommitAsync(Token);
        }

        // The row is locked, so nobody but the server's clock ends this one. It is long enough for the fence.
        var brief = (await a.TryAcquireAsync("brief", TimeSpan.FromSeconds(3), Token))!;
        await using var second = await database.App.OpenConnectionAsync(Token);
        await using var writing = await second.BeginTransactionAsync(Token);
        await LeaseStore.FenceAsync(second, brief, Token);
        await Eventually.HoldsAsync(() =>
            database.ScalarAsync<bool>("SELECT until < clock_timestamp() FROM market.leases WHERE name = 'brief'")
        );
        // It has run out, and still: not before the commit.
        Assert.Null(await b.TryAcquireAsync("brief", Long, Token));
        await writing.CommitAsync(Token);
        Assert.NotNull(await b.TryAcquireAsync("brief", Long, Token));
    }

    [Fact]
    public async Task A_transaction_that_freezes_under_the_fence_is_ended_by_the_server()
    {
        var a = Store("a");
        var lease = (await a.TryAcquireAsync("frozen", Long, Token))!;
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await LeaseStore.FenceAsync(connection, lease, Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "SHOW idle_in_transaction_session_timeout";
        Assert.Equal("30s", await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task It_is_renewed_while_held_and_free_afterwards()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var (a, b) = (Store("a", time), Store("b"));
        var held = (await a.TryHoldAsync("held", Long, Token))!;
        var before = await UntilAsync("held");
        // The renewal of its own accord, a third of the time later.
        await time.WaitedForAsync(Long / 3);
        time.Advance(Long / 3);
        await Eventually.GetAsync(() => UntilAsync("held"), until => until > before);
        Assert.Null(await b.TryAcquireAsync("held", Long, Token));
        await held.DisposeAsync();
        Assert.NotNull(await b.TryAcquireAsync("held", Long, Token));
    }

    [Fact]
    public async Task Who_lost_it_is_told()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var (a, b) = (Store("a", time), Store("b"));
        await using var held = (await a.TryHoldAsync("told", Long, Token))!;
        var told = new TaskCompletionSource();
        held.Lost.Register(told.SetResult);
        await ExpireAsync("told");
        Assert.NotNull(await b.TryAcquireAsync("told", Long, Token));
        await time.WaitedForAsync(Long / 3);
        time.Advance(Long / 3);
        await told.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task Whatever_keeps_it_from_being_renewed_is_told_as_a_loss_and_does_not_mask_the_work()
    {
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var source = NpgsqlDataSource.Create(database.AppConnection);
        var held = (await new LeaseStore(source, "a", time, NullLogger<LeaseStore>.Instance).TryHoldAsync("unexpected", Long, Token))!;
        var told = new TaskCompletionSource();
        held.Lost.Register(told.SetResult);
        await time.WaitedForAsync(Long / 3);
        // No fault of a database: the program has closed what it needs.
        await source.DisposeAsync();
        time.Advance(Long / 3);
        await told.Task.WaitAsync(Token);
        await held.DisposeAsync();
    }

    private LeaseStore Store(string holder, TimeProvider? time = null) =>
        new(database.App, holder, time ?? TimeProvider.System, NullLogger<LeaseStore>.Instance);

    private Task<DateTimeOffset> UntilAsync(string name) =>
        database
            .ScalarAsync<DateTime>("SELECT until FROM market.leases WHERE name = $1", name)
            .ContinueWith(task => new DateTimeOffset(task.Result), TaskScheduler.Default);

    private Task ExpireAsync(string name) =>
        database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s' WHERE name = $1", name);

    private Task<long> WrittenAsync(string like) =>
        database.ScalarAsync<long>("SELECT count(*) FROM market.sync_coverage WHERE source LIKE $1", like);

    // A transaction as all fenced ones are: first the fence, then what is to be written.
    private async Task WriteAsync(Lease lease, string what)
    {
        var ticker = await database.ScalarAsync<int>(
            "INSERT INTO market.tickers (symbol) VALUES ('LEASED') ON CONFLICT (symbol) DO UPDATE SET is_active = true RETURNING id"
        );
        await using var connection = await database.App.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await LeaseStore.FenceAsync(connection, lease, Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO market.sync_coverage (ticker_id, timeframe, source) VALUES ($1, '1m', $2)";
        command.Parameters.Add(new() { Value = ticker });
        command.Parameters.Add(new() { Value = what });
        await command.ExecuteNonQueryAsync(Token);
        await transaction.CommitAsync(Token);
    }
}
