using Npgsql;

namespace Wyckoff.Tests.MigrationService;

public abstract class BackupTests(TestDatabase database)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_backup_has_every_row_of_every_table_and_is_verified()
    {
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol, name) VALUES ('BACK', 'with ''quotes'' and ü'), ('UP', NULL);
            INSERT INTO market.bars_1h (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT t.id, time, 10.12345678, 12, 9, 11, 99999999999999999999.12345678, 3, 1, 1, false, 'test' FROM market.tickers t, generate_series(timestamptz '2023-01-01', '2023-12-31', interval '1 hour') AS time
            """);
        if (database is CommunityDatabase)
        {
            await database.ExecuteAsync("SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('market.bars_1h') c");
        }

        var folder = Directory.CreateTempSubdirectory("wyckoff-backup").FullName;
        var file = Path.Combine(folder, "wyckoff.dump");
        var target = new NpgsqlConnectionStringBuilder(database.Server.NewDatabase());
        try
        {
            var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ConnectionStrings__wyckoff"] = database.AdminConnection, ["PATH"] = $"{database.Server.BinFolder}:{Environment.GetEnvironmentVariable("PATH")}" };
            var (backup, _, error) = await Run.ProcessAsync(Path.Combine(Run.Root, "eng", "backup"), [file], environment);
            Assert.True(backup == 0, error);
            (var restore, _, error) = await Run.ProcessAsync(Path.Combine(Run.Root, "eng", "restore"), [file, target.Database!], environment);
            Assert.True(restore == 0, error);

            await using var restored = NpgsqlDataSource.Create(target.ConnectionString);
            var before = await ContentsAsync(database.Admin);
            Assert.Contains(before, table => table.Contains("market.bars_1h 17474", StringComparison.Ordinal));
            Assert.Equal(before, await ContentsAsync(restored));

            var (refused, _, why) = await Run.ProcessAsync(Path.Combine(Run.Root, "eng", "restore"), [file, target.Database!], environment);
            Assert.Equal((1, true), (refused, why.Contains("is there already", StringComparison.Ordinal)));

            var off = database is PlainDatabase ? new Dictionary<string, string> { ["Wyckoff__Timescale"] = "off" } : [];
            (var migrate, _, error) = await Migrations.RunAsync(target.ConnectionString, off);
            Assert.True(migrate == 0, error);
            (var verify, var missing, _) = await Migrations.RunAsync(target.ConnectionString, off, "--verify");
            Assert.True(verify == 0, missing);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            await database.Server.DropAsync(target.ConnectionString);
        }
    }

    /// <summary>Of each of our tables: its name, how many rows, and a checksum over all of them.</summary>
    private static async Task<List<string>> ContentsAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync(Token);
        var tables = new List<string>();
        await using (var list = new NpgsqlCommand("SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema !~ '^(pg_|_timescaledb|timescaledb_|information_schema)' ORDER BY 1", connection))
        await using (var reader = await list.ExecuteReaderAsync(Token))
        {
            while (await reader.ReadAsync(Token))
            {
                tables.Add(reader.GetString(0));
            }
        }

        var contents = new List<string>();
        foreach (var table in tables)
        {
            await using var sum = new NpgsqlCommand($"SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} t", connection);
            contents.Add($"{table} {await sum.ExecuteScalarAsync(Token)}");
        }

        return contents;
    }
}

public sealed class PlainBackupTests(PlainDatabase database) : BackupTests(database), IClassFixture<PlainDatabase>;

public sealed class ApacheBackupTests(ApacheDatabase database) : BackupTests(database), IClassFixture<ApacheDatabase>;

public sealed class CommunityBackupTests(CommunityDatabase database) : BackupTests(database), IClassFixture<CommunityDatabase>;
