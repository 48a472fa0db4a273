using Npgsql;
using Wyckoff.Tests.Schema;

namespace Wyckoff.Tests.MigrationService;

public abstract class BackupTests(FilledDatabase database)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_backup_has_every_row_of_every_table_and_passes_verification()
    {
        await database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol, name) VALUES ('BACK', 'with ''quotes'' and ü');
            UPDATE market.bars_1h SET open = 10.12345678, high = 12, volume = 99999999999999999999.12345678 WHERE ticker_id = 7
            """
        );
        if (database.Edition.HasPolicies)
        {
            await database.ExecuteAsync(
                """
                SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('market.bars_1h') c;
                SELECT compress_chunk(c, if_not_compressed => true) FROM show_chunks('trading.trades', older_than => interval '7 days') c
                """
            );
        }

        var folder = Directory.CreateTempSubdirectory("wyckoff-backup").FullName;
        var file = Path.Combine(folder, "wyckoff.dump");
        var target = new NpgsqlConnectionStringBuilder(database.Server.NewDatabase());
        try
        {
            var environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ConnectionStrings__wyckoff"] = database.AdminConnection,
                ["PATH"] = $"{database.Server.BinFolder}:{Environment.GetEnvironmentVariable("PATH")}",
            };
            var (backup, _, error) = await Run.ProcessAsync(Path.Combine(Run.Root, "eng", "backup"), [file], environment);
            Assert.True(backup == 0, error);
            (var restore, _, error) = await Run.ProcessAsync(
                Path.Combine(Run.Root, "eng", "restore"),
                [file, target.Database!],
                environment
            );
            Assert.True(restore == 0, error);

            await using var restored = NpgsqlDataSource.Create(target.ConnectionString);
            var before = await Filling.ContentsAsync(database.Admin, Token);
            Assert.StartsWith("4800 ", before["market.bars_1h"], StringComparison.Ordinal);
            Assert.Equal(before, await Filling.ContentsAsync(restored, Token));

            var (refused, _, why) = await Run.ProcessAsync(Path.Combine(Run.Root, "eng", "restore"), [file, target.Database!], environment);
            Assert.Equal((1, true), (refused, why.Contains("is there already", StringComparison.Ordinal)));

            (var migrate, _, error) = await Migrations.RunAsync(target.ConnectionString, database.Environment);
            Assert.True(migrate == 0, error);
            (var verify, var missing, _) = await Migrations.RunAsync(target.ConnectionString, database.Environment, "--verify");
            Assert.True(verify == 0, missing);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            await database.Server.DropAsync(target.ConnectionString);
        }
    }
}

public sealed class PlainBackupTests(FilledPlainDatabase database) : BackupTests(database), IClassFixture<FilledPlainDatabase>;

public sealed class ApacheBackupTests(FilledApacheDatabase database) : BackupTests(database), IClassFixture<FilledApacheDatabase>;

public sealed class CommunityBackupTests(FilledCommunityDatabase database) : BackupTests(database), IClassFixture<FilledCommunityDatabase>;
