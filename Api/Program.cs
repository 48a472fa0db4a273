using Wyckoff;
using Wyckoff.Api;
using Wyckoff.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddWyckoff();
builder.Services.AddOpenApi("v1");

var app = builder.Build();
app.UseUntracedProbes();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.MapHealth();
app.MapOpenApi();
app.MapDocs();
app.MapMarketData();
app.MapQuality();

return await app.RunToEndAsync();
