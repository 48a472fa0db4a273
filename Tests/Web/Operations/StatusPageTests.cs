using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Wyckoff.Client;
using Wyckoff.Web.Pages.Operations;
using Wyckoff.Web.Patterns;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Operations;

/// <summary>The status page, and what it says needs attention.</summary>
public sealed class StatusPageTests(Chromium chromium, SampleWeb web) : WebTestBase(chromium), IClassFixture<SampleWeb>
{
    [Fact]
    public async Task The_status_has_every_part()
    {
        var page = await OpenAsync(web.Address, "/system");
        var parts = page.GetByRole(AriaRole.Region, new() { Name = "Parts" });
        await Expect(parts.GetByText("ok", new() { Exact = true })).ToHaveCountAsync(web.Database.Edition.HasHypertables ? 6 : 5);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Database" }))
            .ToContainTextAsync(web.Database.Edition.Server.ToString());
        await Expect(page.GetByRole(AriaRole.Table, new() { NameRegex = new("ables") })).ToContainTextAsync("market.bars_1m");
        await Expect(page.GetByRole(AriaRole.Table, new() { NameRegex = new("Migrations") })).ToContainTextAsync("completed");
        await Expect(page.GetByRole(AriaRole.Table, new() { NameRegex = new("Ingestion lag") })).ToContainTextAsync("1m");
        if (web.Database.Edition.HasPolicies)
        {
            await Expect(page.GetByRole(AriaRole.Table, new() { NameRegex = new("Jobs") })).ToContainTextAsync("compression");
        }

        await page.CheckInBothThemesAsync("status");
        await page.GetByRole(AriaRole.Link, new() { Name = "API documentation" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync(new Regex("Wyckoff"));
    }

    [Fact]
    public void What_is_broken_comes_first_and_a_sound_system_needs_nothing()
    {
        Assert.Empty(Attention.Of(Sound()));

        var status = Sound();
        status.Database.Edition = "Apache";
        status.Database.Capabilities = "hypertables only";
        status.Database.Pool = new() { Waiting = 3 };
        status.Redis.State = PartState.Away;
        status.Redis.Error = "It does not respond.";
        status.Migrations.Runs = [new() { To = "Access", Outcome = "failed" }];
        status.Jobs.Jobs =
        [
            new()
            {
                Id = 1000,
                Kind = "compression",
                Table = "market.bars_1m",
                IsScheduled = true,
                LastResult = "failed",
            },
            new()
            {
                Id = 1001,
                Kind = "retention",
                Table = "market.bars_1m",
                IsScheduled = false,
            },
            new()
            {
                Id = 1002,
                Kind = "refresh",
                Table = "market.bars_1h",
                IsScheduled = true,
                LastResult = "success",
            },
        ];
        status.Ingestion.Feeds = new() { Due = 4, OverdueSeconds = 7200 };
        status.Ingestion.LastImport = new() { Id = 7, Status = "interrupted" };
        status.Replication.Hosts = new Dictionary<string, HostHealth>(StringComparer.Ordinal)
        {
            ["db2"] = new() { State = HostState.Away },
        };
        Assert.Equal(
            [
                "True Redis: It does not respond.",
                "True The database server db2 does not answer; the others do its work.",
                "True The last migration, to Access, has failed: the log of MigrationService says why.",
                "True The job 1000 (compression of market.bars_1m) failed when it last ran.",
                "True The last import (7) is interrupted.",
                "False The database has hypertables only.",
                "False 3 requests wait for a database connection.",
                "False One job is not scheduled, so the database does not compress, drop or refresh what they are for.",
                "False 4 feeds are due, the oldest for 2 h: is the ingestor running?",
            ],
            Attention.Of(status).Select(one => $"{one.IsBroken} {one.Text}")
        );

        status.Jobs.Jobs[2].LastResult = "failed";
        Assert.Contains(Attention.Of(status), one => one.Text.StartsWith("2 jobs failed when they last ran", StringComparison.Ordinal));
    }

    [Fact]
    public void A_change_of_the_audit_trail_is_read_by_column()
    {
        using var changes = JsonDocument.Parse(
            """{"old":{"scope":"read","gone":1,"empty":null},"new":{"scope":"write","name":"x","empty":null},"hidden":["phone"]}"""
        );
        Assert.Equal(
            [new("scope", "read", "write"), new("gone", "1", null), new("name", null, "x"), new("phone", null, null, IsHidden: true)],
            AuditChange.Of(changes.RootElement)
        );
        Assert.Empty(AuditChange.Of(null));
    }

    [Theory]
    [InlineData(0L, "0 B")]
    [InlineData(999L, "999 B")]
    [InlineData(1_500L, "1.5 kB")]
    [InlineData(2_000_000_000L, "2 GB")]
    [InlineData(5_000_000_000_000_000L, "5000 TB")]
    [InlineData(null, "–")]
    public void Sizes_have_a_unit(long? bytes, string text) => Assert.Equal(text, Sizes.Bytes(bytes));

    [Theory]
    [InlineData(59L, "59 s")]
    [InlineData(3_600L, "1 h")]
    [InlineData(3_660L, "1 h 1 min")]
    [InlineData(93_600L, "1 d 2 h")]
    [InlineData(null, "–")]
    public void Durations_have_two_units(long? seconds, string text) => Assert.Equal(text, Sizes.Duration(seconds));

    private static StatusResponse Sound() =>
        new()
        {
            Database = new()
            {
                Edition = "Community",
                Capabilities = "everything",
                Pool = new() { Open = 2, Idle = 2 },
            },
            Migrations = new() { Runs = [new() { To = "Access", Outcome = "completed" }] },
            Redis = new() { State = PartState.None },
            Ingestion = new()
            {
                Feeds = new() { Due = 1, OverdueSeconds = 10 },
                LastImport = new() { Status = "completed" },
            },
        };
}
