using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Documents;

namespace Wyckoff.Tests.Accounts.Documents;

public sealed class AccountDocumentTests
{
    private static readonly Config Seeded = Config.QuickThrowOnFailure.WithReplay(
        FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_130), FSharpOption<int>.None))
    );

    private static readonly Gen<decimal?> Percentages = Optional(Gen.Choose(0, 1_000_000).Select(n => n / 10_000m));

    private static readonly Gen<RiskProfile> Risks =
        from numbers in Percentages.ArrayOf(3)
        from ratio in Optional(Gen.Choose(0, 1_000_000_000).Select(n => n / 10_000m))
        from positions in Optional(Gen.Choose(0, 100_000))
        from stop in Gen.Elements(true, false)
        select new RiskProfile
        {
            MaxPositionSizePct = numbers[0],
            MaxRiskPerTradePct = numbers[1],
            MaxDailyLossPct = numbers[2],
            MinRiskRewardRatio = ratio,
            MaxOpenPositions = positions,
            StopLossRequired = stop,
        };

    private static readonly Gen<TradingProfile> Profiles =
        from balance in Optional(
            Gen.Choose(0, int.MaxValue).Zip(Gen.Choose(0, 99_999_999), (whole, part) => (whole * 400_000m) + (part / 100_000_000m))
        )
        from timeframes in Gen.SubListOf("1m", "5m", "15m", "30m", "1h", "4h", "1d")
        from level in Optional(Gen.Elements(Enum.GetValues<ExperienceLevel>()))
        from style in Optional(Gen.Elements(Enum.GetValues<TradingStyle>()))
        from markets in Gen.SubListOf(Enum.GetValues<PrimaryMarket>())
        from size in Optional(Gen.Elements(Enum.GetValues<AccountSizeRange>()))
        from enabled in Gen.Elements(true, false)
        from severity in Gen.Elements(Enum.GetValues<RuleSeverity>())
        from evaluators in Gen.SubListOf("risk", "entry_quality", "A-1")
        select new TradingProfile
        {
            AccountBalance = balance,
            DefaultTimeframes = [.. timeframes],
            ExperienceLevel = level,
            TradingStyle = style,
            PrimaryMarkets = [.. markets],
            AccountSizeRange = size,
            EvaluationControls = new()
            {
                Enabled = enabled,
                MinSeverity = severity,
                DisabledEvaluators = [.. evaluators],
            },
        };

    private static readonly Gen<SitePreferences> Sites =
        from theme in Gen.Elements(Enum.GetValues<Theme>())
        from collapsed in Gen.Elements(true, false)
        from notified in Gen.Elements(true, false)
        from language in Gen.Elements("en", "de-AT", "zh-Hant-TW", "es-419", "sl-rozaj", "DE-at")
        select new SitePreferences
        {
            Theme = theme,
            SidebarCollapsed = collapsed,
            NotificationsEnabled = notified,
            Language = language,
        };

    [Fact]
    public void Every_valid_document_is_read_as_it_was_written()
    {
        Check(Risks);
        Check(Profiles);
        Check(Sites);

        static void Check<T>(Gen<T> documents)
            where T : AccountDocument =>
            Prop.ForAll(
                    documents.ToArbitrary(),
                    document =>
                    {
                        Assert.Empty(document.Errors());
                        var profile = new UserProfile(1);
                        profile.Change(document);
                        var json = AccountDocument.Write(document);
                        using var stored = JsonDocument.Parse(json);
                        return stored.RootElement.GetProperty("version").GetInt32() == 1
                            && AccountDocument.Write(profile.Read<T>()) == json
                            && JsonSerializer.Serialize(profile.Read<T>()) == JsonSerializer.Serialize(document);
                    }
                )
                .Check(Seeded);
    }

    [Fact]
    public void A_number_is_valid_if_and_only_if_it_is_in_the_range_of_the_column() =>
        Prop.ForAll(
                Gen.Choose(-2_000_000, 20_000_000).Select(n => n / 100_000m).ToArbitrary(),
                number =>
                    new RiskProfile { MaxDailyLossPct = number }
                        .Errors()
                        .Any() == (number < 0 || number > 100 || decimal.Round(number, 4) != number)
            )
            .Check(Seeded);

    [Fact]
    public void An_invalid_document_is_not_written_and_its_error_names_the_field()
    {
        var profile = new UserProfile(1);
        var error = Assert.Throws<ArgumentException>(() => profile.Change(new RiskProfile { MaxOpenPositions = -1 }));
        Assert.Contains("maxOpenPositions: '-1'", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => profile.Change(new SitePreferences { Language = "x" }));
        Assert.Throws<ArgumentException>(() => profile.Change(new TradingProfile { DefaultTimeframes = ["1Day"] }));
        Assert.Throws<ArgumentException>(() =>
            profile.Change(new TradingProfile { PrimaryMarkets = [PrimaryMarket.Etf, PrimaryMarket.Etf] })
        );
        Assert.Equal(("{}", "{}", "{}"), (profile.Profile, profile.RiskProfile, profile.SitePrefs));
    }

    [Theory]
    [InlineData("""{"version":2}""")]
    [InlineData("""{"version":"1"}""")]
    [InlineData("""{"version":1.5}""")]
    [InlineData("""{"max_open_positions":"many"}""")]
    [InlineData("""{"version":1,"stop_loss_required":null}""")]
    public void What_is_not_of_this_version_is_refused(string json) =>
        Assert.Throws<UnreadableDocumentException>(() => AccountDocument.Read<RiskProfile>(json));

    private static Gen<T?> Optional<T>(Gen<T> values)
        where T : struct => Gen.OneOf(Gen.Constant<T?>(null), values.Select(value => (T?)value));
}
