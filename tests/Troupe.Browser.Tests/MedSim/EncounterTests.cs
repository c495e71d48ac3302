using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Troupe.Browser.Tests.MedSim;

/// <summary>Encounters from the first question to the debrief.</summary>
public sealed class EncounterTests(Chromium chromium, Site site, Ward ward)
{
    [Fact]
    public async Task An_encounter_in_practice_goes_from_the_library_to_its_debrief()
    {
        await using var visit = await Visit.OpenAsync(chromium, ward.Site, path: "/medsim");
        await visit.Page.GetByLabel("Search", new() { Exact = true }).FillAsync("bus driver");
        await Expect(visit.Page.Locator(".ms-card")).ToHaveCountAsync(1);
        await visit.PictureAsync("medsim-library");
        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "Practice");
        var page = bedside.Page;
        await page.GetByText("What counts, of 100 points").ClickAsync();
        await Expect(page.Locator(".ms-weights > div")).ToHaveCountAsync(7);
        await page.GetByText("What counts, of 100 points").ClickAsync();

        await bedside.AskAsync("Hello, I am a student doctor. What brings you in today?", "½ min");
        await bedside.AskAsync("When did the pain start?", "1 min");
        await Expect(bedside.Replies.Last).ToContainTextAsync("about an hour ago");

        // The map by keyboard, then the list that it narrows.
        var heart = page.Locator(".ms-part[role=button][data-region=heart]");
        await heart.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(heart).ToHaveAttributeAsync("aria-pressed", "true");
        await page.Locator(".ms-item", new() { HasText = "Heart auscultation" }).ClickAsync();
        await Expect(page.Locator(".ms-outcome")).ToContainTextAsync("heart sounds");
        await Expect(page.Locator(".ms-deed").First).ToContainTextAsync("Examined (heart): Heart auscultation.");
        await visit.PictureAsync("medsim-examine");

        await bedside.OpenTabAsync("Orders");
        await bedside.RequestAsync("Order", "ekg");
        await Expect(page.Locator(".ms-pending")).ToContainTextAsync("12-lead ECG");
        await page.GetByRole(AriaRole.Button, new() { Name = "Wait for the next result" }).ClickAsync();
        await Expect(page.Locator(".ms-results")).ToContainTextAsync("ST elevation");
        await Expect(page.Locator(".ms-results pre")).ToBeVisibleAsync();
        await bedside.RequestAsync("Order", "an order that nobody knows");
        await Expect(page.Locator(".ms-panel .problem")).ToBeVisibleAsync();
        await visit.PictureAsync("medsim-orders");

        await bedside.OpenTabAsync("Notes");
        await page.Locator("#ms-panel textarea").FillAsync("Inferior changes.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep the note" }).ClickAsync();
        await Expect(page.Locator(".ms-kept")).ToHaveTextAsync("Inferior changes.");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = Patterns.TakeHint }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = Patterns.TakeIt }).ClickAsync();
        await Expect(page.Locator(".ms-hints li")).ToHaveCountAsync(1);

        await bedside.FinishAsync("Inferior STEMI", "Aortic dissection\nPericarditis", "Aspirin 300 mg\nCall the catheter laboratory");
        await Expect(page.Locator(".ms-areas tbody tr")).ToHaveCountAsync(7);
        await Expect(page.Locator(".ms-pairs").First).ToContainTextAsync("Inferior STEMI (right)");
        var item = page.Locator(".ms-checks li", new() { HasText = "Asks when and how the pain began" });
        await item.GetByRole(AriaRole.Link).ClickAsync();
        var line = page.Locator(".ms-line:target");
        await Expect(line).ToContainTextAsync("When did the pain start?");
        await Expect(line).ToBeInViewportAsync();
        await line.GetByRole(AriaRole.Link, new() { Name = "Asks when and how the pain began" }).ClickAsync();
        await Expect(page.Locator(".ms-checks li:target")).ToContainTextAsync("Asks when and how the pain began");
        await visit.PictureAsync("medsim-debrief");

        // What is over cannot be gone on with.
        await page.GotoAsync(page.Url.Split("/debrief")[0]);
        await Expect(page).ToHaveURLAsync(Patterns.DebriefAddress);
        await page.GotoAsync("/medsim/progress");
        await Expect(page.Locator(".plot canvas")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = Ward.BusDriver, Exact = true })).ToBeVisibleAsync();
        await visit.PictureAsync("medsim-progress");
        visit.NothingWrong();
    }

    [Fact]
    public async Task An_encounter_in_an_OSCE_is_taken_on_a_phone()
    {
        await using var visit = await Visit.OpenAsync(chromium, ward.Site, new() { ViewportSize = new() { Width = 360, Height = 740 }, IsMobile = true, HasTouch = true, ColorScheme = ColorScheme.Dark });
        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "OSCE");
        var page = bedside.Page;
        await Expect(page.GetByRole(AriaRole.Timer)).ToBeVisibleAsync();
        await Expect(page.GetByText("What counts, of 100 points")).ToHaveCountAsync(0);

        await bedside.AskAsync("Does the pain spread anywhere?", "½ min");
        await Expect(bedside.Replies.Last).ToContainTextAsync("jaw");
        await visit.PictureAsync("medsim-phone-talk");
        foreach (var tab in (string[])["Examine", "Orders", "Notes", "Finish", "Talk"])
        {
            await bedside.OpenTabAsync(tab);
            Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 360, tab);
        }

        await bedside.OpenTabAsync("Examine");
        await page.Locator(".ms-part[role=button][data-region=neck]").TapAsync();
        await bedside.RequestAsync("Examine", "jvp");
        await Expect(page.Locator(".ms-outcome")).ToContainTextAsync("Jugular venous pressure");
        await visit.PictureAsync("medsim-phone-examine");
        await bedside.OpenTabAsync("Notes");
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = Patterns.TakeHint })).ToHaveCountAsync(0);
        await bedside.FinishAsync("Panic attack", "", "");

        await Expect(page.Locator(".ms-warnings").First).ToContainTextAsync("Critical and left out");
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 360, "debrief");
        await visit.PictureAsync("medsim-phone-debrief");
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_server_that_is_killed_in_mid_encounter_goes_on_at_the_same_minute_and_loses_nothing()
    {
        await using var own = await Site.OpenAsync(("TROUPE_MODEL", "offline"));
        await using var visit = await Visit.OpenAsync(chromium, own);
        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "OSCE");
        var page = bedside.Page;
        await bedside.AskAsync("When did the pain start?", "½ min");
        await bedside.RequestAsync("Examine", "vital signs");
        await Expect(bedside.CaseTime).ToContainTextAsync("2½ min");

        await own.KillAsync();
        await Expect(page.Locator(".banner")).ToContainTextAsync("The server is away and its clock stands still.");
        await bedside.Composer.FillAsync("Do you smoke?");
        await bedside.Composer.PressAsync("Enter");
        await Expect(visit.Pending).ToHaveCountAsync(1);
        await bedside.RequestAsync("Examine", "pulse in both arms");
        await Expect(page.Locator(".ms-panel .problem")).ToContainTextAsync("Nothing was changed, and what you wrote is still here");
        await own.StartAsync();

        await Expect(page.Locator(".banner")).ToHaveCountAsync(0);
        await Expect(bedside.CaseTime).ToContainTextAsync("3 min");
        await visit.SettledAsync();
        Assert.Single(await visit.HeldAsync(bedside.Attempt), e => e == "user: Do you smoke?");

        await Expect(page.Locator(".ms-pick").GetByRole(AriaRole.Searchbox)).ToHaveValueAsync("pulse in both arms");
        await page.ReloadAsync();
        await Expect(bedside.CaseTime).ToContainTextAsync("3 min");
        await Expect(page.Locator(".ms-found")).ToContainTextAsync("Vital signs");
    }

    [Fact]
    public async Task When_the_time_of_an_OSCE_is_over_only_the_end_is_left()
    {
        await using var visit = await Visit.OpenAsync(chromium, ward.Site);
        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "OSCE");
        var page = bedside.Page;
        // Nobody waits for half an hour: the server's clock is told as if two seconds were left.
        var since = Stopwatch.StartNew();
        await page.RouteAsync($"**/api/v1/medsim/attempts/{bedside.Attempt}", async route =>
        {
            var answer = await route.FetchAsync();
            var attempt = JsonNode.Parse(await answer.TextAsync())!;
            var left = 2 - since.Elapsed.TotalSeconds;
            attempt["clock"]!["real_seconds"] = attempt["clock"]!["real_limit_seconds"]!.GetValue<double>() - Math.Max(0, left);
            attempt["state"] = left > 0 ? "running" : "time_up";
            await route.FulfillAsync(new() { Response = answer, Body = attempt.ToJsonString() });
        });
        await page.ReloadAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The time is over. Name the diagnosis and the plan, and finish.");
        await Expect(page.GetByRole(AriaRole.Timer)).ToHaveTextAsync("0:00");
        await Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Finish" })).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(bedside.Composer).ToHaveCountAsync(0);
        await bedside.OpenTabAsync("Orders");
        await Expect(page.Locator(".ms-pick")).ToHaveCountAsync(0);
        await bedside.FinishAsync("Panic attack", "", "");
        visit.NothingWrong();
    }

    [Fact]
    public async Task A_model_that_keeps_to_the_facts_is_heard_and_one_that_strays_is_not()
    {
        await using var visit = await Visit.OpenAsync(chromium, site);
        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "Practice");
        var good = site.Model.Hold("When did the pain start?");
        var asked = bedside.AskAsync("When did the pain start?", "½ min");
        await good.EndAsync("About an hour ago. I was lifting a suitcase onto the bus.");
        await asked;
        await Expect(bedside.Replies.Last).ToHaveTextAsync("About an hour ago. I was lifting a suitcase onto the bus.");
        await Expect(bedside.Page.Locator(".message.reply .mark")).ToHaveCountAsync(0);

        const string Question = "Does the pain spread anywhere?";
        Reply[] bad = [site.Model.Hold(Question), site.Model.Hold(Question), site.Model.Hold(Question)];
        var strayed = bedside.AskAsync(Question, "1 min");
        var told = Task.WhenAll(bad.Select(b => b.EndAsync("It is a heart attack. The ECG showed ST elevation.")));
        await strayed;

        await Expect(bedside.Replies.Last).ToContainTextAsync("jaw");
        await Expect(bedside.Page.Locator(".message.reply .mark")).ToHaveTextAsync("The model strayed from the case: the patient answered from its facts.");
        Assert.DoesNotContain(await visit.HeldAsync(bedside.Attempt), e => e.Contains("heart attack", StringComparison.OrdinalIgnoreCase));
        _ = told;
        visit.NothingWrong();
    }

    [Fact]
    public async Task When_the_model_is_down_the_patient_answers_from_the_facts_and_the_page_says_so()
    {
        await using var own = await Site.OpenAsync(("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"));
        await using var visit = await Visit.OpenAsync(chromium, own);
        var bedside = await Bedside.BeginAsync(visit, Ward.BusDriver, "Practice");

        await bedside.AskAsync("When did the pain start?", "½ min");

        await Expect(bedside.Replies.Last).ToContainTextAsync("about an hour ago");
        await Expect(bedside.Page.Locator(".message.reply .mark")).ToHaveTextAsync("The model is down: the patient answered from the facts of the case.");
        await visit.PictureAsync("medsim-model-down");
    }
}
