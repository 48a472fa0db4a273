using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.LocalServers;

public sealed class LocalPostgresTests : IDisposable
{
    // When the tests run as root, the account of the servers cannot enter the temporary folder.
    private readonly string _folder = Path.Combine(ServerHome.FromEnvironment().Data, $"test-{Guid.NewGuid():N}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "postgres");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task Data_survives_stops_and_crashes_and_a_folder_in_use_or_of_a_newer_version_is_refused()
    {
        await using (var first = await StartAsync())
        {
            Assert.Equal("7", await PsqlAsync(first, "CREATE TABLE t AS SELECT 7 AS x; SELECT x FROM t"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Data + ".password"));
            Assert.Equal($"{first.Pid}", File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());
            var taken = await Assert.ThrowsAsync<LocalServerException>(StartAsync);
            Assert.Contains($"process {first.Pid}", taken.Message, StringComparison.Ordinal);
            var port = await Assert.ThrowsAsync<LocalServerException>(() =>
                LocalPostgres.StartAsync(
                    new()
                    {
                        DataFolder = Data + "2",
                        Port = first.Port,
                        Durable = false,
                    },
                    Token
                )
            );
            Assert.Contains($"port {first.Port} is taken by postgres (process {first.Pid})", port.Message, StringComparison.Ordinal);
        }

        // A crash leaves a process id in the file, and another process, here this one, has that id now.
        await File.WriteAllTextAsync(Path.Combine(Data, "postmaster.pid"), $"{Environment.ProcessId}\n{Data}\n", Token);
        int killed;
        await using (var second = await StartAsync())
        {
            Assert.Equal("7", await PsqlAsync(second, "SELECT x FROM t"));
            killed = second.Pid;
            using (var postmaster = Process.GetProcessById(killed))
            {
                postmaster.Kill();
            }

            Assert.Equal(137, await second.Exited.WaitAsync(Eventually.Bound, Token));
        }
        Assert.Equal($"{killed}", File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());
        await using (var third = await StartAsync())
        {
            Assert.Equal("7", await PsqlAsync(third, "SELECT x FROM t"));
        }

        await File.WriteAllTextAsync(Data + ".edition", "Community 99.0.0\n", Token);
        Assert.Contains(
            "TimescaleDB 99.0.0",
            (await Assert.ThrowsAsync<LocalServerException>(StartAsync)).Message,
            StringComparison.Ordinal
        );
        await File.WriteAllTextAsync(Path.Combine(Data, "PG_VERSION"), "14\n", Token);
        Assert.Contains(
            "was made by PostgreSQL 14",
            (await Assert.ThrowsAsync<LocalServerException>(StartAsync)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_unfinished_cluster_is_created_again_and_given_settings_apply()
    {
        Directory.CreateDirectory(Data + ".new");
        await File.WriteAllTextAsync(Path.Combine(Data + ".new", "PG_VERSION"), "17\n", Token);
        await using var server = await LocalPostgres.StartAsync(
            new()
            {
                DataFolder = Data,
                Durable = false,
                Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["work_mem"] = "5MB" },
            },
            Token
        );
        Assert.Equal(
            "5MB|1024|off|UTC",
            await PsqlAsync(
                server,
                """
                SELECT concat_ws('|', current_setting('work_mem'), current_setting('max_locks_per_transaction'),
                                      current_setting('fsync'), current_setting('timezone'))
                """
            )
        );
        Assert.False(Directory.Exists(Data + ".new"));
        if (server.EditionVersion is not null)
        {
            Assert.Equal(
                server.EditionVersion,
                await PsqlAsync(
                    server,
                    """
                    SET client_min_messages = error;
                    CREATE EXTENSION timescaledb;
                    SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'
                    """
                )
            );
        }
    }

    [Fact]
    public async Task Redis_hides_its_password_from_ps_and_frees_its_port()
    {
        var redis = await LocalRedis.StartAsync(new(), Token);
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redis.Port},password={redis.Password}"),
            redis.ConnectionString
        );
        Assert.DoesNotContain(redis.Password, await File.ReadAllTextAsync($"/proc/{redis.Pid}/cmdline", Token), StringComparison.Ordinal);
        await redis.DisposeAsync();
        Assert.True(PortOwner.IsFree(redis.Port));
    }

    private Task<LocalPostgres> StartAsync() => LocalPostgres.StartAsync(new() { DataFolder = Data, Durable = false }, Token);

    private static async Task<string> PsqlAsync(LocalPostgres server, string sql)
    {
        var start = new ProcessStartInfo(
            Path.Combine(server.BinFolder, "psql"),
            ["-XAtq", "-h", server.Host, "-p", $"{server.Port}", "-U", server.User, "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", sql]
        )
        {
            RedirectStandardOutput = true,
        };
        start.Environment["PGPASSWORD"] = server.Password;
        using var psql = Process.Start(start)!;
        return (await psql.StandardOutput.ReadToEndAsync(Token)).Trim();
    }
}
