// One's own sessions, in English.

export default {
  'account.name': 'Name',
  'account.name-hint': 'Whose account it is, as colleagues know you. It may be empty.',
  'account.name-save': 'Save name',
  'account.name-saved': 'Saved the name',
  'account.sessions': 'Where you are signed in',
  'account.lead': 'Each browser in which you have signed in, and not out again. End what you do not know or no longer use.',
  'account.home': 'Your page',
  'account.back': 'Back to your page',
  'account.device': 'Browser',
  'account.since': 'Signed in',
  'account.used': 'Last used',
  'account.until': 'Ends at the latest',
  'account.actions': 'Actions',
  'account.current': 'This one',
  'account.end': 'End',
  'account.end-others': 'End all but this one',
  'account.ended': 'Ended: {device}',
  'account.ended-others': 'Ended all but this one',
  'account.empty': 'You are signed in nowhere.',
};
