// One's own sessions, in Tamil. Needs a native reader's review.

export default {
  'account.name': 'பெயர்',
  'account.name-hint': 'இது யாருடைய கணக்கு, சக ஊழியர்கள் உங்களை அறியும் விதத்தில். காலியாக விடலாம்.',
  'account.name-save': 'பெயரைச் சேமி',
  'account.name-saved': 'பெயர் சேமிக்கப்பட்டது',
  'account.sessions': 'நீங்கள் உள்நுழைந்துள்ள இடங்கள்',
  'account.lead': 'நீங்கள் உள்நுழைந்து இன்னும் வெளியேறாத ஒவ்வொரு உலாவியும். உங்களுக்குத் தெரியாததையும் இனிப் பயன்படுத்தாததையும் முடிக்கவும்.',
  'account.home': 'உங்கள் பக்கம்',
  'account.back': 'உங்கள் பக்கத்திற்குத் திரும்பு',
  'account.device': 'உலாவி',
  'account.since': 'உள்நுழைந்தது',
  'account.used': 'கடைசியாகப் பயன்படுத்தியது',
  'account.until': 'முடியும் நேரம்',
  'account.actions': 'செயல்கள்',
  'account.current': 'இது',
  'account.end': 'முடி',
  'account.end-others': 'இது தவிர அனைத்தையும் முடி',
  'account.ended': 'முடிந்தது: {device}',
  'account.ended-others': 'இது தவிர அனைத்தும் முடிந்தன',
  'account.empty': 'நீங்கள் எங்கும் உள்நுழையவில்லை.',
};
