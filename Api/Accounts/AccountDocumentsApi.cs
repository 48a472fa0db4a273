using Microsoft.EntityFrameworkCore;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Documents;
using Wyckoff.Accounts.Own;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Accounts;

/// <summary>Shows and replaces the documents of the caller's own account.</summary>
public static class AccountDocumentsApi
{
    private static readonly string[] ProfileNames =
    [
        "accountBalance",
        "defaultTimeframes",
        "experienceLevel",
        "tradingStyle",
        "primaryMarkets",
        "accountSizeRange",
        "evaluationControls",
    ];

    private static readonly string[] EvaluationNames = ["enabled", "minSeverity", "disabledEvaluators"];

    private static readonly string[] RiskNames =
    [
        "maxPositionSizePct",
        "maxRiskPerTradePct",
        "maxDailyLossPct",
        "minRiskRewardRatio",
        "maxOpenPositions",
        "stopLossRequired",
    ];

    private static readonly string[] SiteNames = ["theme", "sidebarCollapsed", "notificationsEnabled", "language", "watchlists"];

    private static readonly string[] WatchlistNames = ["name", "symbols"];

    public static void MapAccountDocuments(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(AccountApi.Path).WithTags("Account");
        Map<TradingProfile>(
            group,
            "profile",
            "Profile",
            "trading profile",
            ProfileNames,
            ReadProfile,
            """{"accountBalance":25000.50,"defaultTimeframes":["1d","1h"],"experienceLevel":"intermediate","tradingStyle":"swing","""
                + """ "primaryMarkets":["stock","crypto"],"accountSizeRange":"below50k","""
                + """ "evaluationControls":{"enabled":true,"minSeverity":"warn","disabledEvaluators":[]}}"""
        );
        Map<RiskProfile>(
            group,
            "risk-profile",
            "RiskProfile",
            "risk profile",
            RiskNames,
            ReadRisk,
            """{"maxPositionSizePct":10,"maxRiskPerTradePct":1.5,"maxDailyLossPct":3,"minRiskRewardRatio":2,"maxOpenPositions":5,"""
                + """ "stopLossRequired":true}"""
        );
        Map<SitePreferences>(
            group,
            "site-preferences",
            "SitePreferences",
            "site preferences",
            SiteNames,
            ReadSite,
            """{"theme":"dark","sidebarCollapsed":false,"notificationsEnabled":true,"language":"de-AT","""
                + """ "watchlists":[{"name":"Indices","symbols":["SPY","QQQ"]}]}"""
        );
    }

    private static void Map<T>(
        RouteGroupBuilder group,
        string path,
        string name,
        string what,
        string[] names,
        Func<JsonBodyReader, T> read,
        string example
    )
        where T : AccountDocument
    {
        group
            .MapGet(path, (HttpContext context, OwnAccount own, CancellationToken token) => GetAsync<T>(context, own, token))
            .Needs(EndpointAccess.Read)
            .WithName("Get" + name)
            .WithSummary($"Get the {what} of the caller's own account.")
            .Takes([])
            .Produces<T>()
            .Produces(StatusCodes.Status304NotModified)
            .Fails(Problems.InvalidParameters, Problems.NewerDocument, Problems.DatabaseAway)
            .Answers("application/json", example);
        group
            .MapPut(
                path,
                (HttpContext context, OwnAccount own, CancellationToken token) => PutAsync(context, own, $"The {what}", names, read, token)
            )
            .Needs(EndpointAccess.Write)
            .WithName("Put" + name)
            .WithSummary($"Replace the {what} of the caller's own account; absent and null properties get their defaults.")
            .WithDescription("With an ETag in If-Match, only if the document has not changed meanwhile.")
            .Takes([])
            .TakesJson<T>(example, "application/json")
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .Produces<T>()
            .Fails(Problems.InvalidParameters, Problems.NewerDocument, Problems.ChangedMeanwhile, Problems.DatabaseAway)
            .Answers("application/json", example);
    }

    private static async Task<IResult> GetAsync<T>(HttpContext context, OwnAccount own, CancellationToken cancellationToken)
        where T : AccountDocument
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var scope = context.AccountScope();
        var profile = await own.ReadAsync(
            scope,
            (db, token) => db.Set<UserProfile>().AsNoTracking().SingleOrDefaultAsync(token),
            cancellationToken
        );
        try
        {
            return Preconditions.Answer(context, (profile ?? new(scope.AccountId!.Value)).Read<T>());
        }
        catch (UnreadableDocumentException e)
        {
            return Problems.Of(Problems.NewerDocument, e.Message);
        }
    }

    private static async Task<IResult> PutAsync<T>(
        HttpContext context,
        OwnAccount own,
        string what,
        string[] names,
        Func<JsonBodyReader, T> read,
        CancellationToken cancellationToken
    )
        where T : AccountDocument
    {
        var reader = new RequestReader(context, []);
        var document = read(await JsonBodyReader.ReadAsync(context, reader, names));
        foreach (var (field, message) in document.Errors())
        {
            reader.AddError(field, message);
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        try
        {
            return await own.ChangeAsync(
                context.AccountScope(),
                async (db, account, token) =>
                {
                    var profile = await OwnAccount.ProfileAsync(db, account.Id, token);
                    var current = profile.Read<T>();
                    if (!Preconditions.AreMet(context, current))
                    {
                        return Preconditions.Changed(context, current, what);
                    }

                    profile.Change(document);
                    return Preconditions.Answer(context, document);
                },
                cancellationToken
            );
        }
        catch (UnreadableDocumentException e)
        {
            return Problems.Of(Problems.NewerDocument, e.Message);
        }
        catch (AccountGoneException)
        {
            return AccountApi.Gone();
        }
    }

    private static TradingProfile ReadProfile(JsonBodyReader body)
    {
        var controls = body.Object("evaluationControls", EvaluationNames);
        return new()
        {
            AccountBalance = body.Number("accountBalance"),
            // Other spellings of a timeframe are stored as its name.
            DefaultTimeframes =
            [
                .. body.Texts("defaultTimeframes").Select(text => Timeframe.TryParse(text, out var timeframe) ? timeframe.Name : text),
            ],
            ExperienceLevel = body.Word<ExperienceLevel>("experienceLevel"),
            TradingStyle = body.Word<TradingStyle>("tradingStyle"),
            PrimaryMarkets = body.Words<PrimaryMarket>("primaryMarkets"),
            AccountSizeRange = body.Word<AccountSizeRange>("accountSizeRange"),
            EvaluationControls = new()
            {
                Enabled = controls.Flag("enabled", defaultValue: true),
                MinSeverity = controls.Word<RuleSeverity>("minSeverity") ?? RuleSeverity.Info,
                DisabledEvaluators = controls.Texts("disabledEvaluators"),
            },
        };
    }

    private static RiskProfile ReadRisk(JsonBodyReader body) =>
        new()
        {
            MaxPositionSizePct = body.Number("maxPositionSizePct"),
            MaxRiskPerTradePct = body.Number("maxRiskPerTradePct"),
            MaxDailyLossPct = body.Number("maxDailyLossPct"),
            MinRiskRewardRatio = body.Number("minRiskRewardRatio"),
            MaxOpenPositions = body.Whole("maxOpenPositions"),
            StopLossRequired = body.Flag("stopLossRequired", defaultValue: false),
        };

    private static SitePreferences ReadSite(JsonBodyReader body)
    {
        var defaults = new SitePreferences();
        return new()
        {
            Theme = body.Word<Theme>("theme") ?? defaults.Theme,
            SidebarCollapsed = body.Flag("sidebarCollapsed", defaults.SidebarCollapsed),
            NotificationsEnabled = body.Flag("notificationsEnabled", defaults.NotificationsEnabled),
            Language = body.TextOrNull("language", SitePreferences.MaxLanguage, defaults.Language) ?? defaults.Language,
            Watchlists =
            [
                .. body.Objects("watchlists", WatchlistNames)
                    .Select(
                        (list, index) =>
                            new Watchlist
                            {
                                // Text reports a name that is not valid. The stand-in keeps the document from reporting it again.
                                Name = list.Text(
                                    "name",
                                    Watchlist.MaxName,
                                    list.Has("name") ? FormattableString.Invariant($"#{index}") : ""
                                ),
                                Symbols =
                                [
                                    .. list.Texts("symbols").Select(text => Symbol.TryParse(text, out var symbol) ? symbol.Value : text),
                                ],
                            }
                    ),
            ],
        };
    }
}
