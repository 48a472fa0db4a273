using System.Xml.Linq;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using Wyckoff.Bars;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.RollUp;
using Wyckoff.Imports.Guessing;
using Wyckoff.Indicators;
using Wyckoff.Journal;
using Wyckoff.Quality;
using Wyckoff.Tickers;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Wyckoff.Tests.Architecture;

/// <summary>Which projects, folders and types may depend on which.</summary>
public sealed class DependencyTests
{
    private static readonly ArchUnitNET.Domain.Architecture Library = new ArchLoader().LoadAssemblies(typeof(OhlcvBar).Assembly).Build();

    /// <summary>A project, and the projects it may reference. Tests and Benchmarks may reference all.</summary>
    public static TheoryData<string, string[]> Projects =>
        new()
        {
            { "Wyckoff", [] },
            { "ServiceDefaults", [] },
            { "Client", [] },
            { "LocalServers", [] },
            { "Api", ["ServiceDefaults", "Wyckoff"] },
            { "Ingestor", ["ServiceDefaults", "Wyckoff"] },
            { "MigrationService", ["ServiceDefaults", "Wyckoff"] },
            { "Web", ["Client", "ServiceDefaults"] },
            { "AppHost", ["Api", "Ingestor", "LocalServers", "MigrationService", "Web"] },
        };

    /// <summary>A folder of the library, and the folders it must not depend on.</summary>
    public static TheoryData<string, string> Folders =>
        new()
        {
            { "Primitives", "Wyckoff" },
            { "Telemetry", "Wyckoff" },
            { "Parquet", Except() },
            { "Redis", Except("Telemetry") },
            { "Timescale", Except() },
            { "Postgres", Except("Telemetry", "Timescale") },
            { "Hosting", Except("Telemetry", "Postgres") },
            { "Bars", "(Imports|Sync|Live|Indicators|Features|Quality|Overview)" },
            { "Imports", "(Live|Indicators|Features|Quality|Overview)" },
            { "Indicators", "(Imports|Sync|Live|Quality|Overview)" },
            { "Quality", "(Imports|Sync|Live|Indicators|Overview)" },
            { "Trading", "(Bars|Imports|Sync|Live|Findings|Journal)" },
        };

    /// <summary>Rules that compute from their arguments alone, so that a replay gives what the live run gave.</summary>
    public static TheoryData<System.Type> PureTypes =>
        [
            typeof(BarDerivation),
            typeof(BarPeriod),
            typeof(BarRollUp),
            typeof(CampaignCheck),
            typeof(IndicatorSeries),
            typeof(InstrumentGuess),
            typeof(OutlierRules),
            typeof(SessionClock),
            typeof(ExpectedBars),
        ];

    private static string Except(params string[] allowed) => $"(?!({string.Join('|', [.. allowed, "Primitives"])})\\b)\\w+";

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_it_may(string project, string[] allowed)
    {
        var file = Directory.EnumerateFiles(Path.Combine(Run.Root, project), "*.csproj").Single();
        var referenced = XDocument
            .Load(file)
            .Descendants("ProjectReference")
            .Select(reference => reference.Attribute("Include")!.Value.Split('/')[1]);
        Assert.Equal(allowed, referenced.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_project_has_a_rule()
    {
        var projects = Directory
            .EnumerateDirectories(Run.Root)
            .Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any())
            .Select(folder => Path.GetFileName(folder))
            .Except(["Benchmarks", "Tests"]);
        Assert.Equal(projects.Order(StringComparer.Ordinal), Projects.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_of_the_library_does_not_depend_on(string folder, string others) =>
        Types()
            .That()
            .ResideInNamespaceMatching($@"^Wyckoff\.{folder}(\.|$)")
            .Should()
            .NotDependOnAny(
                Types()
                    .That()
                    .ResideInNamespaceMatching(others == "Wyckoff" ? $@"^Wyckoff\.(?!{folder}\b)" : $@"^Wyckoff\.(?!{folder}\b){others}\b")
            )
            .Check(Library);

    [Theory]
    [MemberData(nameof(PureTypes))]
    public void A_pure_type_uses_no_database_clock_or_randomness(System.Type type)
    {
        var impure = Types(includeReferenced: true)
            .That()
            .ResideInNamespaceMatching(
                @"^(Npgsql|StackExchange|Microsoft\.(EntityFrameworkCore|Extensions)|System\.(Net|Threading\.Tasks))\b"
            )
            .Or()
            .HaveFullNameMatching(@"^System\.(TimeProvider|Random|Environment|Console|IO\.\w*(File|Stream)\w*)$");
        Types().That().Are(type).Should().NotDependOnAny(impure).Check(Library);
    }
}
