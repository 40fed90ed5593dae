// One's own sessions, in Sinhala. Needs a native reader's review.

export default {
  'account.name': 'නම',
  'account.name-hint': 'ගිණුම කාගේද, සගයන් ඔබව හඳුනන පරිදි. හිස්ව තැබිය හැක.',
  'account.name-save': 'නම සුරකින්න',
  'account.name-saved': 'නම සුරැකිණි',
  'account.sessions': 'ඔබ පුරනය වී සිටින තැන්',
  'account.lead': 'ඔබ පුරනය වී තවම ඉවත් නොවූ සෑම බ්‍රව්සරයක්ම. ඔබ නොදන්නා හෝ තවදුරටත් භාවිත නොකරන ඒවා අවසන් කරන්න.',
  'account.home': 'ඔබේ පිටුව',
  'account.back': 'ඔබේ පිටුවට ආපසු',
  'account.device': 'බ්‍රව්සරය',
  'account.since': 'පුරනය වූයේ',
  'account.used': 'අවසන් වරට භාවිත කළේ',
  'account.until': 'අවසන් වන්නේ',
  'account.actions': 'ක්‍රියා',
  'account.current': 'මෙය',
  'account.end': 'අවසන් කරන්න',
  'account.end-others': 'මෙය හැර සියල්ල අවසන් කරන්න',
  'account.ended': 'අවසන් කළා: {device}',
  'account.ended-others': 'මෙය හැර සියල්ල අවසන් කළා',
  'account.empty': 'ඔබ කොතැනකවත් පුරනය වී නැත.',
};
