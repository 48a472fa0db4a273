using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.ServiceDefaults;
using Wyckoff.Tests.Accounts;
using Wyckoff.Tests.Api.Faults;
using Wyckoff.Tests.Api.Streams;

namespace Wyckoff.Tests.Api.Access;

/// <summary>Keys that are revoked while two replicas know them, and while requests run with them.</summary>
public sealed class RevocationTests(SampleDatabase database) : IClassFixture<SampleDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("UPDATE account.api_keys SET revoked_at = now() WHERE key_hash = $1")]
    [InlineData("UPDATE account.api_keys SET expires_at = now() + interval '1 microsecond' WHERE key_hash = $1")]
    [InlineData("DELETE FROM account.api_keys WHERE key_hash = $1")]
    [InlineData(
        "UPDATE account.user_accounts SET is_active = false WHERE id = (SELECT account_id FROM account.api_keys WHERE key_hash = $1)"
    )]
    [InlineData("DELETE FROM account.user_accounts WHERE id = (SELECT account_id FROM account.api_keys WHERE key_hash = $1)")]
    public async Task One_second_after_a_key_ends_no_replica_accepts_it(string end)
    {
        await using var one = await Replica.StartAsync(database);
        await using var two = await Replica.StartAsync(database);
        var key = await KeyAsync(isAdmin: false, AccessScope.Read);
        foreach (var replica in new[] { one, two, one, two })
        {
            Assert.Equal(HttpStatusCode.OK, await replica.StatusAsync(key));
        }

        await database.ExecuteAsync(end, ApiKey.HashOf(key));
        one.Time.Advance(Credentials.MaxAge);
        two.Time.Advance(Credentials.MaxAge);
        foreach (var replica in new[] { one, two, one, two })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await replica.StatusAsync(key));
        }
    }

    [Fact]
    public async Task A_key_that_one_replica_revokes_ends_there_at_once_and_within_a_second_on_the_other()
    {
        await using var one = await Replica.StartAsync(database);
        await using var two = await Replica.StartAsync(database);
        var account = await TestAccounts.CreateAsync(database, $"revoked-{Guid.NewGuid():N}");
        var key = await TestAccounts.AddKeyAsync(database, account, AccessScope.Read);
        Assert.Equal(HttpStatusCode.OK, await one.StatusAsync(key));
        Assert.Equal(HttpStatusCode.OK, await two.StatusAsync(key));
        await RevokeAsync(key);
        two.Credentials.Forget(account);
        Assert.Equal(HttpStatusCode.Unauthorized, await two.StatusAsync(key));
        one.Time.Advance(Credentials.MaxAge);
        Assert.Equal(HttpStatusCode.Unauthorized, await one.StatusAsync(key));
    }

    [Fact]
    public async Task A_stream_ends_within_a_second_after_its_key()
    {
        await using var replica = await Replica.StartAsync(database);
        var key = await KeyAsync(isAdmin: false, AccessScope.Read);
        replica.Api.Client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        await using var stream = await EventClient.OpenAsync(replica.Api.Client, "/v1/bars/SPY/stream?timeframe=1d");
        Assert.NotNull(await stream.ReadAsync());
        var ended = EndAsync(stream);
        await replica.PassAsync(Credentials.KeepUnused + Credentials.MaxAge);
        Assert.False(ended.IsCompleted);
        await RevokeAsync(key);
        await replica.PassAsync(Credentials.MaxAge);
        await ended.WaitAsync(Eventually.Bound, Token);

        static async Task EndAsync(EventClient stream)
        {
            try
            {
                while (await stream.ReadAsync() is not null) { }
            }
            catch (IOException)
            {
                // The connection was aborted.
            }
        }
    }

    [Theory]
    [InlineData("UPDATE account.api_keys SET revoked_at = now() WHERE key_hash = $1")]
    [InlineData(
        "UPDATE account.user_accounts SET is_admin = false WHERE id = (SELECT account_id FROM account.api_keys WHERE key_hash = $1)"
    )]
    public async Task An_upload_ends_within_a_second_after_the_right_to_it(string end)
    {
        await using var replica = await Replica.StartAsync(database);
        var key = await KeyAsync(isAdmin: true, AccessScope.Write);
        var symbol = "UP" + key[20..24].ToUpperInvariant().Replace('-', 'X').Replace('_', 'Y');
        using var socket = new TcpClient();
        await socket.ConnectAsync(replica.Api.Address.Host, replica.Api.Address.Port, Token);
        var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /v1/imports?timeframe=1d&symbol={symbol} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
                    + "Content-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n"
                    + "timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n"
            ),
            Token
        );
        await Eventually.HoldsAsync(() => replica.Credentials.Running == 1);
        await database.ExecuteAsync(end, ApiKey.HashOf(key));
        await replica.PassAsync(Credentials.MaxAge);
        var buffer = new byte[1024];
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            Assert.Equal(0, await stream.ReadAsync(buffer, Token).AsTask().WaitAsync(Eventually.Bound, Token));
            throw new EndOfStreamException();
        });
        await Eventually.HoldsAsync(() => replica.Credentials.Running == 0);
        Assert.Equal(
            0,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM market.import_batches WHERE symbol = $1 AND status = 'completed'",
                symbol
            )
        );
    }

    [Fact]
    public async Task While_the_database_is_away_a_key_is_503_and_not_401()
    {
        var server = await TestServers.Current.OwnPostgresAsync("keysaway");
        Assert.Equal(0, (await Migrations.RunAsync(server.ConnectionString("wyckoff"))).ExitCode);
        await using var api = await ListeningApi.StartAsync(
            TestServers.AppConnection(server),
            new() { ["Wyckoff:Access"] = AccessModes.Keys }
        );
        var key = ApiKey.Issue(1, "x", AccessScope.Read, TimeProvider.System.GetUtcNow()).Key;
        api.Client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using (var before = await api.Client.GetAsync("/v1/imports", Token))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, before.StatusCode);
        }

        Signals.Kill(server.Pid);
        await server.Exited;
        // The answer from before is used for a second.
        await Eventually.HoldsAsync(async () =>
        {
            using var response = await api.Client.GetAsync("/v1/imports", Token);
            return response.StatusCode == HttpStatusCode.ServiceUnavailable;
        });
        using var without = await new HttpClient().GetAsync(new Uri(api.Address, "/v1/imports"), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        await server.DisposeAsync();
    }

    private async Task<string> KeyAsync(bool isAdmin, AccessScope scope) =>
        await TestAccounts.AddKeyAsync(
            database,
            await TestAccounts.CreateAsync(database, $"revocation-{Guid.NewGuid():N}", isAdmin),
            scope
        );

    private Task<int> RevokeAsync(string key) =>
        database.ExecuteAsync("UPDATE account.api_keys SET revoked_at = now() WHERE key_hash = $1", ApiKey.HashOf(key));

    /// <summary>A replica of the API, of which the test moves the clock by which keys are asked for.</summary>
    private sealed class Replica(ListeningApi api, ManualTime time) : IAsyncDisposable
    {
        public ListeningApi Api => api;

        public ManualTime Time => time;

        public Credentials Credentials => api.Services.GetRequiredService<Credentials>();

        public static async Task<Replica> StartAsync(TestDatabase database)
        {
            var time = new ManualTime(TimeProvider.System.GetUtcNow());
            return new(
                await ListeningApi.StartAsync(
                    database.AppConnection,
                    new() { ["Wyckoff:Access"] = AccessModes.Keys },
                    null,
                    builder =>
                        builder.Services.Replace(
                            ServiceDescriptor.Singleton(services => new Credentials(
                                services.GetRequiredService<AccountDirectory>(),
                                time,
                                NullLogger<Credentials>.Instance
                            ))
                        )
                ),
                time
            );
        }

        public async Task<HttpStatusCode> StatusAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tickers");
            request.Headers.Authorization = new("Bearer", key);
            using var response = await api.Client.SendAsync(request, Token);
            return response.StatusCode;
        }

        /// <summary>Lets time pass in steps after each of which the background work is done.</summary>
        public async Task PassAsync(TimeSpan span)
        {
            for (var passed = TimeSpan.Zero; passed < span; passed += Credentials.Tick)
            {
                await time.WaitedForAsync(Credentials.Tick);
                time.Advance(Credentials.Tick);
            }

            await time.WaitedForAsync(Credentials.Tick);
        }

        public ValueTask DisposeAsync() => api.DisposeAsync();
    }
}
