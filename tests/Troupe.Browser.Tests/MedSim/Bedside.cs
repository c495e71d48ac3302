using Microsoft.Playwright;
using Troupe.Server.Tests;

namespace Troupe.Browser.Tests.MedSim;

/// <summary>A student with a patient.</summary>
internal sealed class Bedside
{
    private Bedside(Visit visit) => Visit = visit;

    public Visit Visit { get; }

    public IPage Page => Visit.Page;

    /// <summary>What the patient has said, as far as it is in sight.</summary>
    public ILocator Replies => Page.Locator(".message.reply .markdown");

    public ILocator Composer => Page.GetByRole(AriaRole.Textbox, new() { NameRegex = Patterns.Speak });

    /// <summary>The case time that has passed, and of how much.</summary>
    public ILocator CaseTime => Page.Locator(".ms-clocks > div").First.Locator("dd");

    /// <summary>The attempt that the address names.</summary>
    public string Attempt => Page.Url[(Page.Url.LastIndexOf('/') + 1)..];

    /// <summary>Begins an encounter from the library.</summary>
    public static async Task<Bedside> BeginAsync(Visit visit, string title, string mode)
    {
        await visit.Page.GotoAsync("/medsim");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = title, Exact = true }).ClickAsync();
        var dialog = visit.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Radio, new() { Name = mode }).CheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Begin" }).ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(Patterns.AttemptAddress);
        var bedside = new Bedside(visit);
        await Expect(bedside.Replies).ToHaveCountAsync(1);
        return bedside;
    }

    /// <summary>Asks, and waits until the clock says that it was answered.</summary>
    public async Task AskAsync(string question, string caseTime)
    {
        await Composer.FillAsync(question);
        await Composer.PressAsync("Enter");
        await Expect(CaseTime).ToContainTextAsync(caseTime);
        await Visit.SettledAsync();
    }

    public Task OpenTabAsync(string name) => Page.GetByRole(AriaRole.Tab, new() { Name = name }).ClickAsync();

    /// <summary>Examines or orders in words.</summary>
    public async Task RequestAsync(string verb, string words)
    {
        var form = Page.Locator(".ms-pick");
        await form.GetByRole(AriaRole.Searchbox).FillAsync(words);
        await form.GetByRole(AriaRole.Button, new() { Name = verb, Exact = true }).ClickAsync();
    }

    /// <summary>Names the diagnosis and the plan, finishes, and stands before the debrief.</summary>
    public async Task FinishAsync(string diagnosis, string differentials, string plan)
    {
        await OpenTabAsync("Finish");
        await Page.GetByLabel("Diagnosis", new() { Exact = true }).FillAsync(diagnosis);
        await Page.GetByLabel("What else it could be, one a line").FillAsync(differentials);
        await Page.GetByLabel("Plan, one item a line").FillAsync(plan);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Finish …" }).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Finish", Exact = true }).ClickAsync();
        await Expect(Page).ToHaveURLAsync(Patterns.DebriefAddress);
        await Expect(Page.Locator(".ms-total")).ToBeVisibleAsync();
    }

    /// <summary>An attempt that is finished already, by the API.</summary>
    public static async Task<string> FinishedAsync(HttpClient client, string caseId, string diagnosis, string? classId = null)
    {
        var attempt = (await client.PostJsonAsync("/api/v1/medsim/attempts", classId is null ? new { @case = caseId, mode = "practice" } : new { @case = caseId, mode = "practice", class_id = classId })).Text("id");
        await client.PostJsonAsync($"/api/v1/sessions/{attempt}/turns", new { message = "Hello, I am a student doctor. What brings you in today?" });
        await client.PostJsonAsync($"/api/v1/medsim/attempts/{attempt}/examine", new { what = "vital signs" });
        await client.PostJsonAsync($"/api/v1/medsim/attempts/{attempt}/diagnose", new { diagnosis });
        await client.PostJsonAsync($"/api/v1/medsim/attempts/{attempt}/finish", new { });
        return attempt;
    }
}
